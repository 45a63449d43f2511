package main

import (
	"maps"
	"strings"
	"testing"
)

func TestJudgeServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set  map[string]string
		want []string // level and a part of the text
	}{
		"well":             {nil, nil},
		"MySQL":            {map[string]string{"version": "8.0.36"}, nil},
		"MySQL 8.4":        {map[string]string{"version": "8.4.0-log"}, nil},
		"MySQL 5.7":        {map[string]string{"version": "5.7.44-log"}, []string{"error we need 8.0"}},
		"MariaDB 10.5":     {map[string]string{"version": "10.5.23-MariaDB-0+deb11u1"}, []string{"error we need 10.6"}},
		"MariaDB 10.6":     {map[string]string{"version": "5.5.5-10.6.12-MariaDB"}, nil},
		"MariaDB 10.4":     {map[string]string{"version": "5.5.5-10.4.1-MariaDB-log"}, []string{"error we need 10.6"}},
		"something else":   {map[string]string{"version": "vitess"}, nil},
		"small packets":    {map[string]string{"max_allowed_packet": "4194304"}, []string{"error 4194304"}},
		"nearly":           {map[string]string{"max_allowed_packet": "16777215"}, []string{"error 16777215"}},
		"lazy flush":       {map[string]string{"innodb_flush_log_at_trx_commit": "2"}, []string{"warning power cut"}},
		"no flush":         {map[string]string{"innodb_flush_log_at_trx_commit": "0"}, []string{"warning power cut"}},
		"Galera":           {map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "7"}, []string{"note wsrep_sync_wait is 7"}},
		"Galera, switched": {map[string]string{"wsrep_on": "OFF", "wsrep_sync_wait": "0"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			vars := map[string]string{
				"version": "10.11.6-MariaDB", "innodb_flush_log_at_trx_commit": "1", "max_allowed_packet": "16777216",
			}
			maps.Copy(vars, tt.set)
			got := judgeServer(vars)
			if len(got) != len(tt.want) {
				t.Fatalf("got %+v, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				level, part, _ := strings.Cut(want, " ")
				if got[i].Level != level || !strings.Contains(got[i].What, part) {
					t.Errorf("got %+v, want %q", got[i], want)
				}
				if level != "note" && got[i].Mend == "" {
					t.Errorf("%q without what to do", got[i].What)
				}
			}
		})
	}
}
