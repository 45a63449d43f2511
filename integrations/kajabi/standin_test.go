package kajabi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
)

const apiKey = enrolld.Secret("client-1:a secret of 30 letters")

// stand is Kajabi's API about what testdata/api.json has: by "purchases/501" the
// documents that it answers with.
type stand struct {
	mu     sync.Mutex
	docs   map[string]map[string]any
	tokens int
}

func standIn(tb testing.TB) *stand {
	tb.Helper()
	b, err := os.ReadFile("testdata/api.json")
	if err != nil {
		tb.Fatal(err)
	}
	s := &stand{}
	if err := json.Unmarshal(b, &s.docs); err != nil {
		tb.Fatal(err)
	}
	return s
}

// knowsNothing is Kajabi's API of somebody who has sold nothing.
func knowsNothing() http.Handler { return &stand{docs: map[string]map[string]any{}} }

// change lets something happen at Kajabi.
func (s *stand) change(doc, attribute string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	//nolint:forcetypeassert // testdata
	s.docs[doc]["data"].(map[string]any)["attributes"].(map[string]any)[attribute] = value
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Host != "api.kajabi.com" {
		http.Error(w, "no such host", http.StatusMisdirectedRequest)
		return
	}
	if r.URL.Path == "/v1/oauth/token" {
		s.token(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer token-1" || r.Method != http.MethodGet {
		http.Error(w, `{"errors":[{"status":"401"}]}`, http.StatusUnauthorized)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/v1/")
	w.Header().Set("Content-Type", "application/vnd.api+json")
	if !strings.Contains(name, "/") {
		s.list(w, r, name)
		return
	}
	doc, ok := s.docs[name]
	if !ok {
		http.Error(w, `{"errors":[{"status":"404"}]}`, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(doc)
}

func (s *stand) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := strings.Cut(apiKey.Reveal(), ":")
	if r.Method != http.MethodPost || r.FormValue("grant_type") != "client_credentials" ||
		r.FormValue("client_id") != id || r.FormValue("client_secret") != secret {
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	}
	s.tokens++
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "token-1", "token_type": "Bearer", "expires_in": 7200})
}

// list answers with a page of the documents that pass the filters.
func (s *stand) list(w http.ResponseWriter, r *http.Request, kind string) {
	q := r.URL.Query()
	var all []any
	for _, name := range slices.Sorted(maps.Keys(s.docs)) {
		if data := s.docs[name]["data"]; strings.HasPrefix(name, kind+"/") && passes(data, q.Get) {
			all = append(all, data)
		}
	}
	if field, ok := strings.CutPrefix(q.Get("sort"), "-"); ok {
		slices.SortStableFunc(all, func(a, b any) int { return strings.Compare(attribute(b, field), attribute(a, field)) })
	}
	size, _ := strconv.Atoi(q.Get("page[size]"))
	page, _ := strconv.Atoi(q.Get("page[number]"))
	from := min(max(page-1, 0)*size, len(all))
	to := min(from+size, len(all))
	doc := map[string]any{"data": append([]any{}, all[from:to]...), "links": map[string]any{}}
	if to < len(all) {
		doc["links"] = map[string]any{"next": "https://api.kajabi.com/v1/" + kind}
	}
	_ = json.NewEncoder(w).Encode(doc)
}

func attribute(data any, name string) string {
	text, _ := data.(map[string]any)["attributes"].(map[string]any)[name].(string) //nolint:forcetypeassert // testdata
	return text
}

func passes(data any, get func(string) string) bool {
	if who := get("filter[customer_id]"); who != "" {
		b, _ := json.Marshal(data) //nolint:errchkjson // it came from JSON
		if !strings.Contains(string(b), `"customer":{"data":{"id":"`+who+`"`) {
			return false
		}
	}
	if part := get("filter[email_contains]"); part != "" && !strings.Contains(attribute(data, "email"), strings.ToLower(part)) {
		return false
	}
	if since := get("filter[updated_at_gt]"); since != "" && !after(attribute(data, "updated_at"), since) {
		return false
	}
	if day := get("filter[start_date]"); day != "" && attribute(data, "created_at") < day {
		return false
	}
	return true
}

func after(a, b string) bool {
	x, err := time.Parse(time.RFC3339, a)
	y, err2 := time.Parse(time.RFC3339, b)
	return err == nil && err2 == nil && x.After(y)
}
