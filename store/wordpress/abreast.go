package wordpress

import "sync"

// Names are the logins and nicenames that transactions of one process take side by
// side. None sees what the others have not committed: each would choose the same
// name for the next John, and wait for the other. Here it is told, and chooses
// another. It is safe for concurrent use.
type Names struct {
	mu    sync.Mutex
	owner map[string]*Side
}

// NewNames makes an empty Names, for as long as the transactions last.
func NewNames() *Names { return &Names{owner: map[string]*Side{}} }

// Side is one of the transactions, however often it is run anew.
func (n *Names) Side() *Side { return &Side{n} }

// Side is a transaction among others. Nil is one by itself.
type Side struct{ names *Names }

// take says whether a name is the transaction's, or nobody's until now.
func (s *Side) take(kind, name string) bool {
	if s == nil {
		return true
	}
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	key := kind + " " + name
	if owner := s.names.owner[key]; owner != nil {
		return owner == s
	}
	s.names.owner[key] = s
	return true
}
