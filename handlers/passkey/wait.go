package passkey

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"enrolld"
	"enrolld/handlers/gate"
)

// Where ceremonies wait in the session.
const (
	keyMaking  = "passkey.make"
	keySigning = "passkey.sign"
)

// waiting is a ceremony between its two halves.
type waiting struct {
	For   string               `json:"for"` // what it proves: see Purpose
	Begun time.Time            `json:"begun"`
	Data  webauthn.SessionData `json:"data"`
}

// wait keeps a ceremony; an earlier one of the kind is forgotten.
func wait(r *gate.Request, key, purpose string, data *webauthn.SessionData) error {
	text, err := json.Marshal(waiting{purpose, r.Now(), *data})
	if err != nil {
		return fmt.Errorf("keep a ceremony: %w", err)
	}
	r.Session().Put(key, string(text))
	return nil
}

var errLate = enrolld.Errorf(enrolld.Conflict, "that took too long, or was done in another window: try again")

// resume takes the ceremony that waits. There is no second try with it.
func resume(r *gate.Request, key, purpose string) (webauthn.SessionData, error) {
	var w waiting
	text := r.Session().Pop(key)
	if text == "" {
		return w.Data, errLate
	}
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return w.Data, fmt.Errorf("resume a ceremony: %w", err)
	}
	if w.For != purpose || r.Now().Sub(w.Begun) > patience {
		return w.Data, errLate
	}
	return w.Data, nil
}
