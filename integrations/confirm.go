package integrations

import (
	"bytes"
	"encoding/json"
	"time"

	"enrolld"
)

// Settling is how long after a delivery a platform's API may not know yet what it
// tells: until then what is unknown is asked for again, afterwards it is not true.
const Settling = time.Hour

// IsSettling says whether a delivery that was received then may still become
// known. It looks at the real clock: how old a delivery is decides how it ends, not
// what it says.
func IsSettling(received time.Time) bool { return time.Since(received) < Settling }

// ReadConfirm reads the settings of platforms that sign nothing and have no other
// setting: {"confirm":"off"} believes deliveries without asking, for plans that have
// no API. Settings that cannot be read ask.
func ReadConfirm(title string, text json.RawMessage) (confirm bool, err error) {
	var s struct {
		Confirm string `json:"confirm"`
	}
	if len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &s); err != nil {
			return true, enrolld.Wrap(enrolld.Invalid, err, "the settings of %s cannot be read", title)
		}
	}
	switch s.Confirm {
	case "", "on":
		return true, nil
	case "off":
		return false, nil
	}
	return true, enrolld.Errorf(enrolld.Invalid, `"confirm" in the settings of %s is "on" or "off"`, title)
}
