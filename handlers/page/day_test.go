package page_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld/handlers/page"
)

func TestFormUntil(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		typed, shown, wrong string
	}{
		{typed: ""},
		{typed: " 2027-03-31 ", shown: "2027-03-31"},
		{typed: "2026-03-31", shown: "2026-03-31"}, // the day that is today is not over
		{typed: "2026-03-30", shown: "2026-03-30", wrong: "This day is over: choose a later one, or leave it empty."},
		{typed: "9001-01-01", wrong: "Enter the last day, such as 2027-03-31, or leave it empty."},
		{typed: "31 March", wrong: "Enter the last day, such as 2027-03-31, or leave it empty."},
	} {
		f := page.NewForm().Set("until", tt.typed)
		got := [2]string{page.LastDay(f.Until("until", now)), f.Error("until")}
		if diff := cmp.Diff([2]string{tt.shown, tt.wrong}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.typed, diff)
		}
	}
}

func TestLastDay(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2027, 5, 4, 0, 0, 0, 0, time.UTC)
	within := midnight.Add(time.Hour).In(time.FixedZone("west", -5*3600))
	for _, tt := range []struct {
		until       *time.Time
		date, words string
	}{{nil, "", ""}, {&midnight, "2027-05-03", "3 May 2027"}, {&within, "2027-05-04", "4 May 2027"}} {
		if got := page.LastDay(tt.until); got != tt.date {
			t.Errorf("LastDay(%v): got %q, want %q", tt.until, got, tt.date)
		}
		if got := page.LastDayWords(tt.until); got != tt.words {
			t.Errorf("LastDayWords(%v): got %q, want %q", tt.until, got, tt.words)
		}
	}
}

func TestFormDay(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]struct {
		day   time.Time
		wrong string
	}{
		"":           {},
		"2026-03-31": {day: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)},
		"9999-01-01": {wrong: "Enter a date, such as 2026-03-31."},
		"0000-01-01": {wrong: "Enter a date, such as 2026-03-31."},
		"soon":       {wrong: "Enter a date, such as 2026-03-31."},
	} {
		f := page.NewForm().Set("from", typed)
		if got := f.Day("from"); !got.Equal(want.day) || f.Error("from") != want.wrong {
			t.Errorf("%q: got %v, %q, want %v, %q", typed, got, f.Error("from"), want.day, want.wrong)
		}
	}
}
