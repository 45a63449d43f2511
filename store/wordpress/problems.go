package wordpress

import (
	"context"
	"fmt"
	"strings"

	"enrolld"
)

// Severity orders problems.
type Severity string

// The severities: an Error stops enrolment or loses data, a Warning does harm
// sometimes, a Note is good to know.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Problem is something about a site that its operator should mend.
type Problem struct {
	Severity Severity
	What     string // what is wrong, and what it does
	Mend     string // what to do; a statement stands in it as it is to be run
}

// maxDuplicates bounds the count of duplicate names.
const maxDuplicates = 100

// Problems looks for what would make enrolment fail or lose data. It reads
// only; the order is by check, not by severity.
func Problems(ctx context.Context, conn Conn, site Site) ([]Problem, error) {
	if err := site.Validate(); err != nil {
		return nil, err
	}
	engines, err := readPairs(ctx, conn,
		"SELECT TABLE_NAME, COALESCE(ENGINE, '') FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?",
		site.Schema)
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %w", site.Schema, err)
	}
	problems, missing := tableProblems(site, engines)
	if missing {
		return problems, nil // every other check would fail on the missing table
	}
	for _, check := range []func(context.Context, Conn, Site) ([]Problem, error){
		duplicateProblems, urlProblems, charsetProblems,
	} {
		found, err := check(ctx, conn, site)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

func tableProblems(site Site, engines map[string]string) (problems []Problem, missing bool) {
	tables := []string{site.usersName(), site.userMetaName()}
	for _, t := range []string{"options", "posts", "postmeta"} {
		tables = append(tables, site.Prefix()+t)
	}
	if site.Multisite {
		tables = append(tables, site.BasePrefix+"blogs", site.BasePrefix+"sitemeta")
	}
	for _, t := range tables {
		engine, ok := engines[t]
		switch {
		case !ok:
			missing = true
			problems = append(problems, Problem{Error,
				fmt.Sprintf("The table %s.%s is missing, or our database user may not read it.",
					site.Schema, t),
				"Check the database name, $table_prefix of wp-config.php and the grants of our user."})
		case !strings.EqualFold(engine, "InnoDB"):
			problems = append(problems, engineProblem(site, t, engine))
		}
	}
	return problems, missing
}

func engineProblem(site Site, table, engine string) Problem {
	severity := Warning
	if table == site.usersName() || table == site.userMetaName() {
		severity = Error
	}
	return Problem{severity,
		fmt.Sprintf("The table %s.%s uses the engine %s, which has no transactions: "+
			"a failure half way leaves half a user behind.", site.Schema, table, engine),
		"Back the table up, then run: ALTER TABLE " + site.qualified(table) + " ENGINE=InnoDB;"}
}

func duplicateProblems(ctx context.Context, conn Conn, site Site) ([]Problem, error) {
	var problems []Problem
	for _, c := range []struct{ column, what string }{
		{"user_email", "email address"}, {"user_login", "login"},
	} {
		var n int
		err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+site.users()+
			" WHERE "+c.column+" <> '' GROUP BY "+c.column+" HAVING COUNT(*) > 1"+
			fmt.Sprintf(" LIMIT %d) d", maxDuplicates)).Scan(&n)
		if err != nil {
			return nil, fmt.Errorf("count duplicates of %s: %w", c.column, err)
		}
		if n == 0 {
			continue
		}
		count := fmt.Sprint(n)
		if n == maxDuplicates {
			count += " or more"
		}
		problems = append(problems, Problem{Warning,
			fmt.Sprintf("Several users have the same %s (%s times). WordPress picks any of them; "+
				"we pick the one with the lowest ID.", c.what, count),
			"Find them with: SELECT " + c.column + ", GROUP_CONCAT(ID) FROM " + site.users() +
				" GROUP BY " + c.column + " HAVING COUNT(*) > 1; then merge or rename them in WordPress."})
	}
	return problems, nil
}

func urlProblems(ctx context.Context, conn Conn, site Site) ([]Problem, error) {
	options, err := readPairs(ctx, conn, "SELECT option_name, option_value FROM "+
		site.blogTable("options")+" WHERE option_name = 'siteurl'")
	if err != nil {
		return nil, fmt.Errorf("read siteurl: %w", err)
	}
	if options["siteurl"] != "" {
		return nil, nil
	}
	return []Problem{{Error, "The option siteurl is empty, so links to set a password lead nowhere.",
		"Set the WordPress Address under Settings, General."}}, nil
}

func charsetProblems(ctx context.Context, conn Conn, site Site) ([]Problem, error) {
	charsets, err := collect(ctx, conn, scanString,
		`SELECT COALESCE(CHARACTER_SET_NAME, '') FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = 'display_name'`,
		site.Schema, site.usersName())
	if err != nil {
		return nil, fmt.Errorf("read the character set of users: %w", err)
	}
	var problems []Problem
	for _, charset := range charsets {
		if charset != "utf8mb4" {
			problems = append(problems, Problem{Note,
				fmt.Sprintf("The users table stores %s: letters it lacks, as emoji, are left out of names.",
					charset),
				"Back the table up, then run: ALTER TABLE " + site.users() +
					" CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"})
		}
	}
	return problems, nil
}

// CheckEngines refuses a site whose users tables know no transactions: half of a
// sale could be written there. Errors: Unavailable, with the statement to run.
func CheckEngines(ctx context.Context, conn Conn, site Site) error {
	if err := site.Validate(); err != nil {
		return err
	}
	engines, err := readPairs(ctx, conn, "SELECT TABLE_NAME, COALESCE(ENGINE, '') FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)", site.Schema, site.usersName(), site.userMetaName())
	if err != nil {
		return fmt.Errorf("read the engines of the users tables: %w", err)
	}
	for _, table := range []string{site.usersName(), site.userMetaName()} {
		if engine, ok := engines[table]; ok && !strings.EqualFold(engine, "InnoDB") {
			p := engineProblem(site, table, engine)
			return enrolld.Errorf(enrolld.Unavailable, "%s %s", p.What, p.Mend)
		}
	}
	return nil
}
