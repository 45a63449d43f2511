package woocommerce_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"enrolld/integrations"
	"enrolld/integrations/platformtest"
)

// standIn answers as the shop's API does, about what the samples tell.
func standIn(samples []platformtest.Sample) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /wp-json/wc/v3/orders", func(w http.ResponseWriter, r *http.Request) { list(w, r, samples, "order.") })
	mux.HandleFunc("GET /wp-json/wc/v3/subscriptions", func(w http.ResponseWriter, r *http.Request) {
		list(w, r, samples, "subscription.")
	})
	mux.HandleFunc("GET /wp-json/wc/v3/orders/46", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(body(samples, "real_order.updated_oncepaid"))
	})
	mux.HandleFunc("POST /wp-json/wc/v3/orders/46/refunds", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id":47,"amount":"49.00","reason":"asked for","refunded_payment":true}`))
	})
	mux.HandleFunc("GET /wp-json/wc/v3/products", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") != "1" {
			_, _ = w.Write([]byte(`[]`))
			return
		}
		_, _ = w.Write([]byte(`[{"id":10,"name":"Bread Baking","type":"simple","status":"publish","variations":[]},` +
			`{"id":12,"name":"Knife Skills","type":"variable","status":"publish","variations":[13,14]},` +
			`{"id":18,"name":"Everything Bread","type":"grouped","status":"private","variations":[],"grouped_products":[10,11]},` +
			`{"id":19,"name":"Not yet","type":"simple","status":"draft","variations":[]}]`))
	})
	mux.HandleFunc("GET /wp-json/wc/v3/products/12/variations", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"id":13,"name":"Basic","attributes":[{"id":0,"name":"Level","slug":"Level","option":"Basic"}]},` +
			`{"id":14,"name":"Complete","attributes":[{"id":0,"name":"Level","slug":"Level","option":"Complete"}]}]`))
	})
	return authorized(mux)
}

// authorized lets in who has the key, and nobody who asks in an unknown way.
func authorized(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		consumer, secret, _ := r.BasicAuth()
		if consumer+":"+secret != apiKey.Reveal() || r.Host != "shop.example.com" {
			http.Error(w, `{"code":"woocommerce_rest_cannot_view","message":"no","data":{"status":401}}`, http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func body(samples []platformtest.Sample, name string) []byte {
	i := slices.IndexFunc(samples, func(s platformtest.Sample) bool { return s.Name == name })
	return samples[i].Body
}

// list answers a page of what changed after a moment, oldest first.
func list(w http.ResponseWriter, r *http.Request, samples []platformtest.Sample, resource string) {
	q := r.URL.Query()
	if q.Get("dates_are_gmt") != "true" || q.Get("orderby") != "modified" || q.Get("order") != "asc" {
		http.Error(w, `{"code":"rest_invalid_param"}`, http.StatusBadRequest)
		return
	}
	type change struct {
		at   string
		body json.RawMessage
	}
	var all []change
	for _, s := range samples {
		n, err := integrations.DecodeJSON(s.Body)
		at := n.Get("date_modified_gmt").Text()
		if err == nil && strings.HasPrefix(topic(s.Name), resource) && at > q.Get("modified_after") {
			all = append(all, change{at, s.Body})
		}
	}
	slices.SortStableFunc(all, func(a, b change) int { return strings.Compare(a.at, b.at) })
	size, _ := strconv.Atoi(q.Get("per_page"))
	page, _ := strconv.Atoi(q.Get("page"))
	out := make([]json.RawMessage, 0, size)
	for i := (page - 1) * size; i >= 0 && i < len(all) && len(out) < size; i++ {
		out = append(out, all[i].body)
	}
	_ = json.NewEncoder(w).Encode(out)
}
