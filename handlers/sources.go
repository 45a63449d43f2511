package handlers

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"enrolld"
	"enrolld/store"
)

// sources remembers integrations for a moment, so that a burst of deliveries
// does not read the same row each time. A changed secret is in force everywhere
// once sourceTTL has passed.
type sources struct {
	db  *store.DB
	now func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]source // by hash: no token is kept in memory longer than its request
}

type source struct {
	integration store.Integration
	until       time.Time
}

const (
	sourceTTL  = 3 * time.Second
	maxSources = 10_000
)

func newSources(db *store.DB, now func() time.Time) *sources {
	return &sources{db: db, now: now, known: map[[sha256.Size]byte]source{}}
}

func sourceKey(platform, token string) [sha256.Size]byte {
	return sha256.Sum256([]byte(platform + "\x00" + token))
}

// knows says whether a URL named an integration when it was last looked at,
// however long ago that is.
func (s *sources) knows(platform, token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.known[sourceKey(platform, token)]
	return ok
}

// find returns the integration that a URL names; NotFound when there is none.
func (s *sources) find(ctx context.Context, platform, token string) (store.Integration, error) {
	key, now := sourceKey(platform, token), s.now()
	s.mu.Lock()
	known, ok := s.known[key]
	s.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.integration, nil
	}
	integration, err := s.db.IntegrationByToken(ctx, platform, token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if enrolld.CodeOf(err) == enrolld.NotFound {
		delete(s.known, key)
	}
	if err != nil {
		return integration, err
	}
	if len(s.known) >= maxSources {
		clear(s.known)
	}
	s.known[key] = source{integration, now.Add(sourceTTL)}
	return integration, nil
}
