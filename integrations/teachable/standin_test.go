package teachable_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"enrolld"
)

const apiKey = enrolld.Secret("teachable-key-0123456789")

// stand is Teachable's API about what testdata/api.json has.
type stand struct {
	Users        map[string]any   `json:"users"`
	Transactions []map[string]any `json:"transactions"`
	Courses      []map[string]any `json:"courses"`
	Plans        []map[string]any `json:"pricing_plans"`
	Enrollments  []map[string]any `json:"enrollments"`

	most int // how many things a page has at most; 0: what was asked for
}

func standIn(tb testing.TB) *stand {
	tb.Helper()
	b, err := os.ReadFile("testdata/api.json")
	if err != nil {
		tb.Fatal(err)
	}
	s := &stand{}
	if err := json.Unmarshal(b, s); err != nil {
		tb.Fatal(err)
	}
	return s
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != "developers.teachable.com" || r.Method != http.MethodGet {
		http.Error(w, "no such thing", http.StatusMisdirectedRequest)
		return
	}
	if r.Header.Get("Apikey") != apiKey.Reveal() {
		http.Error(w, `{"message":"Unauthorized"}`, http.StatusUnauthorized)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	kind, id, _ := strings.Cut(path, "/")
	switch {
	case kind == "users":
		s.answer(w, s.Users[id])
	case kind == "pricing_plans" && id != "":
		for _, p := range s.Plans {
			if fmt.Sprint(p["id"]) == id {
				s.answer(w, map[string]any{"pricing_plan": p})
				return
			}
		}
		s.answer(w, nil)
	case kind == "courses" && strings.HasSuffix(id, "/enrollments"):
		s.list(w, "enrollments", s.Enrollments, r.URL.Query())
	case kind == "courses":
		s.list(w, "courses", s.Courses, r.URL.Query())
	case kind == "pricing_plans":
		s.list(w, "pricing_plans", s.Plans, r.URL.Query())
	case kind == "transactions":
		s.list(w, "transactions", s.Transactions, r.URL.Query())
	default:
		s.answer(w, nil)
	}
}

func (s *stand) answer(w http.ResponseWriter, doc any) {
	if doc == nil {
		http.Error(w, `{"message":"not found"}`, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(doc)
}

func (s *stand) list(w http.ResponseWriter, name string, all []map[string]any, q url.Values) {
	picked := []map[string]any{}
	for _, item := range all {
		if who := q.Get("user_id"); who == "" || fmt.Sprint(item["user_id"]) == who {
			picked = append(picked, item)
		}
	}
	size, _ := strconv.Atoi(q.Get("per"))
	if s.most > 0 {
		size = s.most
	}
	page, _ := strconv.Atoi(q.Get("page"))
	size, page = max(size, 1), max(page, 1)
	from := min((page-1)*size, len(picked))
	to := min(from+size, len(picked))
	s.answer(w, map[string]any{name: picked[from:to], "meta": map[string]any{
		"total": len(picked), "page": page, "per_page": size, "number_of_pages": (len(picked) + size - 1) / size,
	}})
}
