package signin

import (
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

// noticePage says what has become of something, and what one can do now.
type noticePage struct {
	page.Base
	Heading     string
	Text        []string
	URL, Action string // a button; none when URL is empty
}

var noticeView = page.New[noticePage](files, "notice")

func showNotice(r *gate.Request, status int, n noticePage) error {
	n.Base = r.Base(n.Heading)
	return noticeView.Render(r.Writer, status, &n)
}

// deadLink tells that a link from mail leads nowhere any more, and returns errors
// that are something else.
func deadLink(r *gate.Request, err error, n noticePage) error {
	if enrolld.CodeOf(err) != enrolld.NotFound {
		return err
	}
	n.Heading = "This link is not valid any more"
	if r.SignedIn() && n.URL == gate.SignInURL {
		n.URL, n.Action = page.HomeURL, "Go to the overview"
	}
	return showNotice(r, http.StatusNotFound, n)
}
