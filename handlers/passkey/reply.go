package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store"
)

// maxBody bounds what a script posts: a credential with its name.
const maxBody = 64 << 10

// posted is what the script sends to finish a ceremony.
type posted struct {
	Credential json.RawMessage `json:"credential"`
	Name       string          `json:"name"`
}

func read(r *gate.Request) (posted, error) {
	var p posted
	body, err := io.ReadAll(http.MaxBytesReader(r.Writer, r.Body, maxBody))
	if err != nil {
		return p, enrolld.Wrap(enrolld.Invalid, err, "what the browser sent could not be read: try again")
	}
	if err := json.Unmarshal(body, &p); err != nil || len(p.Credential) == 0 {
		return p, enrolld.Errorf(enrolld.Invalid, "what the browser sent could not be read: try again")
	}
	return p, nil
}

// answers: options, or one of these.
type (
	goingTo struct {
		Location string `json:"location"`
	}
	problem struct {
		Error string `json:"error"` // for people
	}
)

func goTo(location string, err error) (any, error) { return goingTo{location}, err }

// expected are failures that the page itself tells; any other one is the gate's.
var expected = map[enrolld.Code]int{
	enrolld.Invalid: http.StatusUnprocessableEntity, enrolld.Conflict: http.StatusConflict, enrolld.Forbidden: http.StatusForbidden,
}

// reply answers the script with what do returns.
func reply(r *gate.Request, do func() (any, error)) error {
	answer, err := do()
	if err != nil {
		return Fail(r, err)
	}
	return write(r, http.StatusOK, answer)
}

// Fail tells the script what the person can mend, and returns any other error.
func Fail(r *gate.Request, err error) error {
	if often, ok := errors.AsType[*store.TooOftenError](err); ok {
		r.Writer.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(often.Wait.Seconds()))))
		return write(r, http.StatusTooManyRequests, problem{enrolld.MessageOf(err)})
	}
	if status, ok := expected[enrolld.CodeOf(err)]; ok {
		return write(r, status, problem{enrolld.MessageOf(err)})
	}
	return err
}

func write(r *gate.Request, status int, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	h := r.Writer.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	r.Writer.WriteHeader(status)
	_, err = r.Writer.Write(body)
	return err
}
