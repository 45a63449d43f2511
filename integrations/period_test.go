package integrations

import (
	"testing"
	"time"
)

func TestAfterText(t *testing.T) {
	from := time.Date(2026, 1, 31, 10, 15, 0, 0, time.UTC)
	for period, want := range map[string]string{
		"1 day": "2026-02-01", "30 days": "2026-03-02", "2 weeks": "2026-02-14", "1 W": "2026-02-07", "2 SEMI_MONTH": "2026-03-02",
		"1 month": "2026-02-28", "13 M": "2027-02-28", " 1  monthly ": "2026-02-28", "2 quarters": "2026-07-31", "1 quarterly": "2026-04-30",
		"1 year": "2027-01-31", "2 annually": "2028-01-31", "25 months": "2028-02-29",
		"": "", "month": "", "0 months": "", "-1 months": "", "1201 months": "", "1 fortnight": "", "x days": "", "1": "",
	} {
		got := AfterText(from, period)
		text := ""
		if !got.IsZero() {
			text = got.Format(time.DateOnly)
		}
		if text != want || !got.IsZero() && got.Hour() != 10 {
			t.Errorf("%q: got %s, want %s", period, got, want)
		}
	}
	if got := After(time.Time{}, 1, "day"); !got.IsZero() {
		t.Errorf("from no time: got %s", got)
	}
}
