package imports

import (
	"errors"
	"io"
	"net/http"
	"time"

	"enrolld/handlers/gate"
)

// How long a file may take to come in. The server's own limit is for forms.
const (
	restLimit   = 30 * time.Second // without a byte
	uploadLimit = time.Hour
	answerLimit = 30 * time.Second // for the answer behind it
)

// errBroken says that a body ended before it was over.
var errBroken = errors.New("the upload broke off")

// patient is a body that may take long, while something comes.
type patient struct {
	io.ReadCloser
	control *http.ResponseController
	end     time.Time
}

// patiently is the request's body, whose deadlines move on with what is read.
func patiently(r *gate.Request) io.ReadCloser {
	return &patient{r.Body, http.NewResponseController(r.Writer), time.Now().Add(uploadLimit)}
}

func (p *patient) Read(b []byte) (int, error) {
	now := time.Now()
	until := now.Add(restLimit)
	if until.After(p.end) {
		until = p.end
	}
	// A writer of a test has no deadlines, and needs none.
	_ = p.control.SetReadDeadline(until)
	_ = p.control.SetWriteDeadline(until.Add(answerLimit))
	n, err := p.ReadCloser.Read(b)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return n, err
	}
	return n, errors.Join(errBroken, err)
}
