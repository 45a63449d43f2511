package enrolld_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"enrolld"

	"github.com/google/go-cmp/cmp"
)

// told writes invitees short: Name <email>, or what was typed and the problem.
func told(all []enrolld.Invitee) []string {
	var out []string
	for _, i := range all {
		line := strings.TrimSpace(i.Name + " <" + i.Email + ">")
		if i.Problem != "" {
			line = "! " + i.Text + ": " + i.Problem
		}
		out = append(out, line)
	}
	return out
}

const noAddress = ": there is no email address in this: write one, for example ann@example.org"

func TestParseInvitees(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"blank lines and rules", " \n\n\t\n---\n \u200b \n", nil},
		{"one a line", "ann@x.org\r\nbob@x.org\rcy@x.org\n", []string{"<ann@x.org>", "<bob@x.org>", "<cy@x.org>"}},
		{"commas", "ann@x.org, bob@x.org,cy@x.org,", []string{"<ann@x.org>", "<bob@x.org>", "<cy@x.org>"}},
		{"semicolons and tabs", "ann@x.org; bob@x.org\tcy@x.org", []string{"<ann@x.org>", "<bob@x.org>", "<cy@x.org>"}},
		{"spaces", "ann@x.org bob@x.org", []string{"<ann@x.org>", "<bob@x.org>"}},
		{"full-width comma", "ann@x.org，bob@x.org", []string{"<ann@x.org>", "<bob@x.org>"}},
		{"mail client", "Ann Lee <ann@x.org>, bob@x.org, Cy Roe <cy@x.org>", []string{"Ann Lee <ann@x.org>", "<bob@x.org>", "Cy Roe <cy@x.org>"}},
		{"address first, then one with a name", "bob@x.org, Cy Roe <cy@x.org>", []string{"<bob@x.org>", "Cy Roe <cy@x.org>"}},
		{"quoted name with a comma", `"Lee, Ann" <ann@x.org>; "Roe, Cy" <cy@x.org>`, []string{"Lee, Ann <ann@x.org>", "Roe, Cy <cy@x.org>"}},
		{"last name first", "Lee, Ann <ann@x.org>; Roe, Cy <cy@x.org>", []string{"Ann Lee <ann@x.org>", "Cy Roe <cy@x.org>"}},
		{"spreadsheet, name first", "Ann\tLee\tann@x.org\nBob\tRoe\tbob@x.org", []string{"Ann Lee <ann@x.org>", "Bob Roe <bob@x.org>"}},
		{"spreadsheet, address first", "ann@x.org,Ann Lee\nbob@x.org,Bob,Roe", []string{"Ann Lee <ann@x.org>", "Bob Roe <bob@x.org>"}},
		{"quoted cells", `"ann@x.org","Ann Lee"` + "\n" + `"bob@x.org, cy@x.org"`, []string{"Ann Lee <ann@x.org>", "<bob@x.org>", "<cy@x.org>"}},
		{"what is behind is no name", "Ann Lee, ann@x.org, +44 20 7946 0018, Member", []string{"Ann Lee <ann@x.org>"}},
		{"name behind", "ann@x.org (Ann Lee)", []string{"Ann Lee <ann@x.org>"}},
		{"mailto", "mailto:ann@x.org\n<mailto:bob@x.org?subject=Hi>\nMAILTO:cy@x.org", []string{"<ann@x.org>", "<bob@x.org>", "<cy@x.org>"}},
		{"link", "[ann@x.org](mailto:ann@x.org)", []string{"<ann@x.org>"}},
		{"address as its own name", `"ann@x.org" <ann@x.org>, bob@x.org <bob@x.org>`, []string{"<ann@x.org>", "<bob@x.org>"}},
		{"bullets", "- ann@x.org\n• bob@x.org\n* cy@x.org\n1. Di Poe di@x.org\n2) ed@x.org\n•flo@x.org\n**gus@x.org**",
			[]string{"<ann@x.org>", "<bob@x.org>", "<cy@x.org>", "Di Poe <di@x.org>", "<ed@x.org>", "<flo@x.org>", "<gus@x.org>"}},
		{"labels", "To: ann@x.org\nE-mail:bob@x.org", []string{"<ann@x.org>", "<bob@x.org>"}},
		{"punctuation", "Ask ann@x.org. Or “bob@x.org”!", []string{"Ask <ann@x.org>", "Or <bob@x.org>"}},
		{"odd but an address", "a!#$%&*/=?^_`{|}~-z@x.org", []string{"<a!#$%&*/=?^_`{|}~-z@x.org>"}},
		{"name in another script", "李雷 <lei@x.org>、韩梅梅 <mei@x.org>", []string{"李雷 <lei@x.org>", "韩梅梅 <mei@x.org>"}},

		{"twice, said once", "ann@x.org\nANN@X.ORG\nann@x.org", []string{"<ann@x.org>", "! ANN@X.ORG: is there twice"}},
		{"heading", "Name,Email\nAnn,ann@x.org", []string{"! Name,Email" + noAddress, "Ann <ann@x.org>"}},
		{"no address", "Ann Lee\n42", []string{"! Ann Lee" + noAddress, "! 42" + noAddress}},
		{"lone at", "@", []string{"! @" + noAddress}},
		{"malformed", "ann@x\nann@@x.org\n@ann", []string{
			"! ann@x: the email address has no valid domain", "! ann@@x.org: this is not an email address", "! @ann: this is not an email address"}},
		{"blank within brackets", "<ann lee@x.org>", []string{"! ann lee@x.org: the email address has a character that addresses cannot have"}},
		{"hidden character", "an\u200bn@x.org", []string{"! ann@x.org: the email address has a character that addresses cannot have"}},
		{"not UTF-8", "ann\xe9@x.org", []string{"! ann@x.org: the email address is not text"}},
		{"cut in the report", strings.Repeat("ü", 100) + "@", []string{"! " + strings.Repeat("ü", 80) + ": this is not an email address"}},
		{"unclosed", `"Ann <ann@x.org`, []string{"Ann <ann@x.org>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, told(enrolld.ParseInvitees(tt.in))); diff != "" {
				t.Errorf("ParseInvitees(%q): -want +got\n%s", tt.in, diff)
			}
		})
	}
}

func TestParseInvitees_whole(t *testing.T) {
	t.Parallel()
	got := enrolld.ParseInvitees("Ann Lee <Ann@X.org>")
	want := []enrolld.Invitee{{Text: "Ann@X.org", Name: "Ann Lee", Email: "Ann@X.org", Key: "ann@x.org"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseInvitees_limits(t *testing.T) {
	t.Parallel()
	many := func(n int, pad string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "p%04d%s@x.org\n", i, pad)
		}
		return b.String()
	}
	tests := []struct {
		name, in string
		n        int // how many come back
		last     string
	}{
		{"as many as may be", many(500, ""), 500, "<p0499@x.org>"},
		{"one more", many(501, ""), 501, "! p0500@x.org: there are more than 500: send these, then go on from here"},
		{"too long by blanks", many(1, "") + strings.Repeat("\n", enrolld.MaxInviteesText), 1, "<p0000@x.org>"},
		{"too long", many(2, "") + strings.Repeat("-\n", enrolld.MaxInviteesText) + "ann@x.org", 3, "! - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -: the text is longer than 64 kB: send these, then go on from here"},
		{"too long, in one line", strings.Repeat(" ,", enrolld.MaxInviteesText/2-4) + "ann@example.organic", 1,
			"! ,ann@example.organic: the text is longer than 64 kB: send these, then go on from here"},
		{"too long, in one word", strings.Repeat("a", enrolld.MaxInviteesText) + "@x.org", 1,
			"! " + strings.Repeat("a", 80) + ": the text is longer than 64 kB: send these, then go on from here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := told(enrolld.ParseInvitees(tt.in))
			if len(got) != tt.n || got[len(got)-1] != tt.last {
				t.Errorf("got %d, the last %q; want %d, %q", len(got), got[len(got)-1], tt.n, tt.last)
			}
		})
	}
}

func FuzzParseInvitees(f *testing.F) {
	for _, s := range []string{
		"ann@x.org", "Ann Lee <ann@x.org>, bob@x.org;\"Roe, Cy\" <cy@x.org>", "ann@x.org\tAnn", "mailto:ann@x.org?a=b", "<'a'@x.org>",
		"\"a@b.co\" <a@b.co> \"", "Name,Email\nann@x", "“Ann” ann@x.org.", "a\x00b@x.org <", "- 1. To: ann@x.org\u2028bob@x.org", "Ann\u0301 <a@b.co>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all := enrolld.ParseInvitees(s)
		if len(all) > enrolld.MaxInvitees+1 {
			t.Fatalf("%d invitees", len(all))
		}
		for _, i := range all {
			checkInvitee(t, i)
		}
		if len(all) <= enrolld.MaxInvitees && len(s) <= enrolld.MaxInviteesText {
			everyLineIsToldOf(t, s, all)
		}
	})
}

// checkInvitee asserts what holds of every invitee.
func checkInvitee(t *testing.T, i enrolld.Invitee) {
	t.Helper()
	if utf8.RuneCountInString(i.Text) > 80 || utf8.RuneCountInString(i.Name) > 100 || i.Problem == "" && i.Key == "" ||
		strings.ContainsFunc(i.Text+i.Name, unicode.IsControl) || strings.ContainsAny(i.Name, "\"@") {
		t.Fatalf("bad invitee %+v", i)
	}
	if i.Problem != "" {
		return
	}
	if _, key, err := enrolld.ParseEmail(i.Email); err != nil || key != i.Key {
		t.Fatalf("invitee %+v has an address with key %q, %v", i, key, err)
	}
	again := enrolld.ParseInvitees(i.String())
	if len(again) != 1 || again[0].Name != i.Name || again[0].Email != i.Email || again[0].Problem != "" {
		t.Fatalf("%+v is read again from %q as %+v", i, i.String(), again)
	}
}

// everyLineIsToldOf asserts that each line that says anything, by itself, has
// somebody, and that all whom it names are among all.
func everyLineIsToldOf(t *testing.T, s string, all []enrolld.Invitee) {
	t.Helper()
	ends := func(r rune) bool { return strings.ContainsRune("\r\n\v\f\u0085\u2028\u2029", r) }
	for _, line := range strings.FieldsFunc(s, ends) {
		got := enrolld.ParseInvitees(line)
		if len(got) == 0 && strings.ContainsFunc(line, func(r rune) bool { return unicode.IsLetter(r) || r == '@' }) {
			t.Fatalf("nobody is told of for the line %q", line)
		}
		for _, i := range got {
			if !slices.ContainsFunc(all, func(a enrolld.Invitee) bool { return a.Key == i.Key && (i.Key != "" || a.Text == i.Text) }) {
				t.Fatalf("%q: %+v of the line %q is not in %+v", s, i, line, all)
			}
		}
	}
}
