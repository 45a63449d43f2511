package imports

import (
	"enrolld/handlers/page"
	"enrolld/store/importing"
)

// stateBadges say where an import stands.
var stateBadges = map[importing.State]page.Fact{
	importing.Uploading: {Kind: page.Muted, Text: "Coming in"},
	importing.Draft:     {Kind: page.Muted, Text: "Not started"},
	importing.Checking:  {Kind: page.Muted, Text: "Being counted"},
	importing.Ready:     {Kind: page.Warning, Text: "Ready to start"},
	importing.Running:   {Kind: page.Muted, Text: "Running"},
	importing.Paused:    {Kind: page.Warning, Text: "Paused"},
	importing.Done:      {Kind: page.Good, Text: "Done"},
	importing.Cancelled: {Kind: page.Warning, Text: "Cancelled"},
	importing.Undoing:   {Kind: page.Muted, Text: "Being undone"},
	importing.Undone:    {Kind: page.Muted, Text: "Undone"},
}

// verdictBadges say what becomes of a row, and why where the row does not.
var verdictBadges = map[importing.Verdict]struct {
	page.Fact
	why string
}{
	importing.New:     {page.Fact{Kind: page.Good, Text: "New"}, "becomes a customer"},
	importing.Known:   {page.Fact{Kind: page.Good, Text: "Known"}, "is a customer and gets what is missing"},
	importing.Same:    {page.Fact{Kind: page.Muted, Text: "Same"}, "has everything already"},
	importing.Invalid: {page.Fact{Kind: page.Bad, Text: "Not taken"}, "cannot be taken"},
}

// Counts of rows and customers are int64 here.
var (
	plural = page.Plural[int64]
	number = page.Number[int64]
)

// percent is how much of all is done; 100 only when it is all.
func percent(done, all int64) int64 {
	if all <= 0 {
		return 0
	}
	return min(max(done*100/all, 0), 100)
}
