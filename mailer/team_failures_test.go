package mailer

import (
	"strings"
	"testing"

	"enrolld"
)

// TestFailuresMail lists what failed, each with its link; names from outside make no
// link.
func TestFailuresMail(t *testing.T) {
	t.Parallel()
	d := sampleTeam(enrolld.EventFailures)
	d.Lines = []enrolld.TeamLine{
		{Name: "3 deliveries in evil.example/now", Text: "could not be processed: <b>", URL: "https://admin.example/a/3"},
		{Name: "1 email", Text: "given up", URL: "javascript:alert(1)"},
	}
	r := renderTeam(t, d)
	for _, want := range []string{
		"- 3 deliveries in evil. example/now: could not be processed: <b> https://admin.example/a/3 - 1 email: given up Open",
		"since the last such email: 3 deliveries, 1 email.",
	} {
		if !strings.Contains(flat(r.Text), want) {
			t.Errorf("the text does not say %q:\n%s", want, r.Text)
		}
	}
	if n := strings.Count(r.HTML, "href="); n != 2 || !strings.Contains(r.HTML, `href="https://admin.example/a/3"`) || strings.Contains(r.HTML, "<b>") {
		t.Errorf("%d links in the HTML, want the button's and the line's:\n%s", n, r.HTML)
	}
}
