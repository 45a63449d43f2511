package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"enrolld/store"
)

const (
	// minPacket is what a statement of ours may need with room to spare: a batch
	// of deliveries is up to 5 MiB, a page of WordPress's may be larger.
	minPacket    = 16 << 20
	wantedPacket = "64M"
)

// server looks at how the database server is set up.
func (e *examination) server(ctx context.Context, db *store.DB) {
	vars, err := serverVariables(ctx, db)
	if err != nil {
		e.bad("error", "server", explain(err), "")
		return
	}
	found := judgeServer(vars)
	e.findings = append(e.findings, found...)
	for _, f := range found {
		if f.Level != "note" {
			return
		}
	}
	e.ok("server", vars["version"]+", set up well")
}

// serverVariables reads by SHOW what not every server has.
func serverVariables(ctx context.Context, db *store.DB) (map[string]string, error) {
	rows, err := db.Conn().QueryContext(ctx, `SHOW GLOBAL VARIABLES WHERE variable_name IN
		('version', 'innodb_flush_log_at_trx_commit', 'max_allowed_packet', 'wsrep_on', 'wsrep_sync_wait')`)
	if err != nil {
		return nil, fmt.Errorf("read the server's variables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	vars := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read the server's variables: %w", err)
		}
		vars[strings.ToLower(name)] = value
	}
	return vars, rows.Err()
}

// judgeServer says what is wrong with a server's variables.
func judgeServer(vars map[string]string) []finding {
	var out []finding
	bad := func(level, what, mend string) {
		out = append(out, finding{Level: level, About: "server", What: what, Mend: mend})
	}
	if old := tooOld(vars["version"]); old != "" {
		bad("error", old, "Upgrade the database server.")
	}
	if packet, err := strconv.ParseInt(vars["max_allowed_packet"], 10, 64); err == nil && packet < minPacket {
		bad("error", fmt.Sprintf("max_allowed_packet is %d bytes: a batch of large deliveries does not fit", packet),
			"SET GLOBAL max_allowed_packet=67108864; and in my.cnf under [mysqld]: max_allowed_packet="+wantedPacket+
				"; then restart 'enrolld serve'.")
	}
	if flush, ok := vars["innodb_flush_log_at_trx_commit"]; ok && flush != "1" {
		bad("warning", "innodb_flush_log_at_trx_commit is "+flush+": deliveries that were answered can be lost on a power cut",
			"SET GLOBAL innodb_flush_log_at_trx_commit=1; and in my.cnf under [mysqld]: innodb_flush_log_at_trx_commit=1")
	}
	if on := vars["wsrep_on"]; on == "ON" || on == "1" {
		bad("note", "this is a node of a Galera cluster; wsrep_sync_wait is "+vars["wsrep_sync_wait"], "")
	}
	return out
}

// tooOld says what a server's version lacks, "" when it is new enough. Both
// numbers are the first with SKIP LOCKED.
func tooOld(version string) string {
	name, least := "MySQL", [2]int{8, 0}
	number := version
	if strings.Contains(strings.ToLower(version), "mariadb") {
		name, least = "MariaDB", [2]int{10, 6}
		number = strings.TrimPrefix(version, "5.5.5-") // put before it for old replicas
	}
	var has [2]int
	if n, err := fmt.Sscanf(number, "%d.%d", &has[0], &has[1]); err != nil || n != len(has) {
		return "" // it is no server that we know
	}
	if has[0] > least[0] || has[0] == least[0] && has[1] >= least[1] {
		return ""
	}
	return fmt.Sprintf("%s is version %s, too old: we need %d.%d", name, version, least[0], least[1])
}
