package paddle_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newBackend stands in for Paddle's API: it knows the samples' customer and
// transactions, some products, and takes refunds.
func newBackend(tb testing.TB) http.Handler {
	tb.Helper()
	things := map[string]json.RawMessage{}
	files, err := filepath.Glob(filepath.Join("testdata", "samples", "*.json"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var event struct {
			Type string `json:"event_type"`
			Data json.RawMessage
		}
		var thing struct{ ID string }
		if json.Unmarshal(b, &event) != nil || json.Unmarshal(event.Data, &thing) != nil {
			tb.Fatalf("%s cannot be read", file)
		}
		if event.Type == "transaction.completed" || event.Type == "customer.created" {
			things[thing.ID] = event.Data
		}
	}
	mux := http.NewServeMux()
	thing := func(w http.ResponseWriter, r *http.Request) {
		data, ok := things[r.PathValue("id")]
		if !ok {
			problem(w, http.StatusNotFound, "not_found")
			return
		}
		_, _ = io.WriteString(w, `{"data":`+string(data)+`,"meta":{"request_id":"b15ec92e"}}`)
	}
	mux.HandleFunc("GET /customers/{id}", thing)
	mux.HandleFunc("GET /transactions/{id}", thing)
	mux.HandleFunc("GET /products", listProducts)
	mux.HandleFunc("POST /adjustments", createAdjustment)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sandbox := strings.HasPrefix(key, "pdl_sdbx_")
		switch {
		case !ok, sandbox != (r.Host == "sandbox-api.paddle.com"), !sandbox && r.Host != "api.paddle.com":
			problem(w, http.StatusForbidden, "forbidden")
		default:
			w.Header().Set("Content-Type", "application/json")
			mux.ServeHTTP(w, r)
		}
	})
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error":{"type":"request_error","code":"`+code+`","detail":"x"},"meta":{"request_id":"b15ec92e"}}`)
}

// listProducts answers with two pages.
func listProducts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("include") != "prices" {
		problem(w, http.StatusBadRequest, "bad_request")
		return
	}
	page := `{"data":[{"id":"pro_01kjmcoursea00000000000000","name":"Course A","status":"active","prices":[
		{"id":"` + priceA + `","name":"One payment","status":"active"},
		{"id":"pri_01kjmold000000000000000000","name":"Old","status":"archived"}]}],
		"meta":{"pagination":{"per_page":1,"next":"https://api.paddle.com/products?after=pro_01kjmcoursea00000000000000","has_more":true,"estimated_total":2}}}`
	if q.Get("after") == "pro_01kjmcoursea00000000000000" {
		page = `{"data":[{"id":"` + proMember + `","name":"Membership","status":"active","prices":[
			{"id":"` + priceM + `","name":"Monthly","status":"active"},
			{"id":"` + priceT + `","name":null,"description":"Monthly, two weeks free","status":"active"}]}],
			"meta":{"pagination":{"per_page":1,"next":"https://api.paddle.com/products?after=x","has_more":false,"estimated_total":2}}}`
	}
	_, _ = io.WriteString(w, page)
}

func createAdjustment(w http.ResponseWriter, r *http.Request) {
	var a struct {
		Action, Type, Reason string
		Transaction          string `json:"transaction_id"`
		Items                []struct {
			ID     string `json:"item_id"`
			Type   string
			Amount string
		}
	}
	if json.NewDecoder(r.Body).Decode(&a) != nil || a.Action != "refund" || a.Reason == "" ||
		!strings.HasPrefix(a.Transaction, "txn_") || (a.Type == "partial") != (len(a.Items) > 0) {
		problem(w, http.StatusBadRequest, "invalid_field")
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"data":{"id":"adj_01kjmnew000000000000000000","status":"pending_approval"},"meta":{}}`)
}
