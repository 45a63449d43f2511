package gate

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"enrolld"
	"enrolld/handlers/page"
	"enrolld/store"
)

// statuses says which HTTP status a code is.
var statuses = map[enrolld.Code]int{
	enrolld.Invalid:      http.StatusUnprocessableEntity,
	enrolld.NotFound:     http.StatusNotFound,
	enrolld.Conflict:     http.StatusConflict,
	enrolld.Unauthorized: http.StatusUnauthorized,
	enrolld.Forbidden:    http.StatusForbidden,
	enrolld.TooLarge:     http.StatusRequestEntityTooLarge,
	enrolld.Unavailable:  http.StatusServiceUnavailable,
	enrolld.Internal:     http.StatusInternalServerError,
}

// fail answers with an error page in the frame of who called.
func (f *Frame) fail(r *Request, err error) {
	f.answer(r.Writer, err, r.Base(""))
}

// Fail answers with an error page that needs no session: for addresses that lead
// nowhere, and when the session itself could not be read.
func (f *Frame) Fail(w http.ResponseWriter, r *http.Request, err error) {
	f.headers(w)
	f.answer(w, err, page.Base{Path: r.URL.Path, RequestID: f.RequestID(r.Context())})
}

func (f *Frame) answer(w http.ResponseWriter, err error, base page.Base) {
	status := statuses[enrolld.CodeOf(err)]
	if often, ok := errors.AsType[*store.TooOftenError](err); ok {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(often.Wait.Seconds()))))
	} else if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int((30 * time.Second).Seconds())))
	}
	if err := page.Failure.Render(w, status, page.NewErrorPage(base, status, enrolld.MessageOf(err))); err != nil {
		http.Error(w, enrolld.MessageOf(err), status)
	}
}
