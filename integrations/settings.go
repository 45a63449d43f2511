package integrations

import (
	"encoding/json"
	"sync"
)

// Settings keeps what a platform made of its integrations' settings, so that
// they are not read anew for every delivery. It may be used from several
// goroutines, and what it returns belongs to all of them: do not change it. A nil
// Settings reads anew every time.
type Settings[T any] struct {
	mu   sync.RWMutex
	made map[string]T // by the JSON
}

// mostSettings bounds how many are kept; real installations have a few.
const mostSettings = 1_000

// Get returns what read makes of the JSON.
func (s *Settings[T]) Get(text json.RawMessage, read func(json.RawMessage) T) T {
	if s == nil {
		return read(text)
	}
	s.mu.RLock()
	v, ok := s.made[string(text)]
	s.mu.RUnlock()
	if ok {
		return v
	}
	v = read(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil || len(s.made) >= mostSettings {
		s.made = map[string]T{}
	}
	s.made[string(text)] = v
	return v
}
