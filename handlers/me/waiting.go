package me

import (
	"encoding/json"
	"fmt"
	"time"

	"enrolld/handlers/gate"
)

// waiting is what a session keeps for the next page of the same person. Somebody
// else who signs in within the session does not get it.
type waiting struct {
	LoginID int64           `json:"login"`
	Until   time.Time       `json:"until"`
	Value   json.RawMessage `json:"value"`
}

// keep leaves a value in the session, for a while. The session's row is sealed.
func keep(r *gate.Request, key string, value any, lasts time.Duration) error {
	v, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keep %s in the session: %w", key, err)
	}
	text, err := json.Marshal(waiting{r.Viewer.Login.ID, r.Now().Add(lasts), v})
	if err != nil {
		return fmt.Errorf("keep %s in the session: %w", key, err)
	}
	r.Session().Put(key, string(text))
	return nil
}

// kept reads what keep left; false when there is nothing, or it has had its time.
func kept[T any](r *gate.Request, key string) (value T, ok bool) {
	var w waiting
	text := r.Session().Get(key)
	if text == "" {
		return value, false
	}
	if err := json.Unmarshal([]byte(text), &w); err != nil || w.LoginID != r.Viewer.Login.ID || !r.Now().Before(w.Until) {
		r.Session().Pop(key)
		return value, false
	}
	if err := json.Unmarshal(w.Value, &value); err != nil {
		r.Session().Pop(key)
		return value, false
	}
	return value, true
}

// forget removes what keep left.
func forget(r *gate.Request, key string) { r.Session().Pop(key) }
