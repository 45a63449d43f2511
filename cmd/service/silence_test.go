package service

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"enrolld"
	"enrolld/store"
)

// safeLog collects log lines of several goroutines.
type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write takes a line.
func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), text)
}

// TestSilenceIsReported: a source that sent every three hours for weeks and then
// nothing is in the log and in the metrics; one that still sends is not silent.
func TestSilenceIsReported(t *testing.T) {
	t.Parallel()
	db, account := site(t)
	for _, last := range []string{"9", "1"} {
		i, err := db.AddIntegration(t.Context(), store.Integration{AccountID: account.ID, Platform: "stripe", Secrets: []enrolld.Secret{"whsec_1"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Conn().ExecContext(t.Context(), `INSERT INTO enrolld_arrivals (integration_id, hour)
			SELECT ?, UTC_TIMESTAMP() - INTERVAL seq * 3 HOUR FROM seq_`+last+`_to_150`, i.ID); err != nil {
			t.Fatal(err)
		}
	}
	log := &safeLog{}
	s := start(t, Config{DB: db, Workers: 1, Log: slog.New(slog.NewTextHandler(log, nil))})
	metric := func(line string) bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.MetricsAddr()+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return strings.Contains(string(text), line)
	}
	eventually(t, "the silent one is in the metrics", func() bool {
		return metric(`enrolld_source_silent{integration="1",platform="stripe"} 1`)
	})
	eventually(t, "the other one too", func() bool { return metric(`enrolld_source_silent{integration="2",platform="stripe"} 0`) })
	eventually(t, "it is in the log", func() bool { return log.has("source has gone silent") && log.has("integration=1") })
	if log.has("integration=2") {
		t.Error("the one that still sends is in the log")
	}
}
