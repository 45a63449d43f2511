package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"enrolld"
	"enrolld/store"
)

// Metrics counts what the service does. Every label comes from a fixed list.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	webhooks  *prometheus.CounterVec
	processed *prometheus.CounterVec
	messages  *prometheus.CounterVec
	// mailEvents are what came back about mail.
	mailEvents *prometheus.CounterVec
	silent     *prometheus.GaugeVec
}

// NewMetrics makes the metrics with the queues of a database.
func NewMetrics(db *store.DB) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "enrolld_http_requests_total", Help: "HTTP requests by route and status.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "enrolld_http_request_seconds", Help: "Time to answer by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}, []string{"route"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "enrolld_webhooks_total", Help: "Deliveries received by platform and result.",
		}, []string{"platform", "result"}),
		processed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "enrolld_deliveries_processed_total", Help: "Attempts to process a delivery by platform and outcome.",
		}, []string{"platform", "outcome"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "enrolld_messages_total", Help: "Attempts to send a message by kind and outcome.",
		}, []string{"kind", "outcome"}),
		mailEvents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "enrolld_mail_events_total", Help: "Bounces and complaints that were told, by provider and result.",
		}, []string{"provider", "result"}),
		silent: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "enrolld_source_silent", Help: "Whether a source has sent nothing for longer than its rhythm explains, by integration.",
		}, []string{"platform", "integration"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.webhooks, m.processed, m.messages, m.mailEvents, m.silent, queueCollector{db},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

func (m *Metrics) webhook(platform, result string) {
	m.webhooks.WithLabelValues(platform, result).Inc()
}

// Processed counts an attempt to process a delivery.
func (m *Metrics) Processed(platform string, outcome enrolld.Outcome) {
	m.processed.WithLabelValues(platform, string(outcome)).Inc()
}

// Message counts an attempt to send a message.
func (m *Metrics) Message(kind, outcome string) {
	m.messages.WithLabelValues(kind, outcome).Inc()
}

// Silent says whether a source has gone silent.
func (m *Metrics) Silent(platform string, integration int64, silent bool) {
	v := 0.0
	if silent {
		v = 1
	}
	m.silent.WithLabelValues(platform, strconv.FormatInt(integration, 10)).Set(v)
}

// ForgetSilent forgets all sources, before they are looked at anew: some may be
// gone.
func (m *Metrics) ForgetSilent() { m.silent.Reset() }

// metricsPage serves GET /metrics on the operator's listener.
func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

// queueCollector asks the database for the state of the queues when it is scraped.
type queueCollector struct{ db *store.DB }

var (
	depthDesc = prometheus.NewDesc("enrolld_queue_depth", "Items in a queue by state.", []string{"queue", "state"}, nil)
	lagDesc   = prometheus.NewDesc("enrolld_queue_lag_seconds",
		"How long the most overdue item of a queue has been waiting for its turn.", []string{"queue"}, nil)
	upDesc = prometheus.NewDesc("enrolld_database_up", "Whether the database answered the scrape.", nil, nil)
)

const scrapeTimeout = 3 * time.Second

// Describe names the metrics.
func (queueCollector) Describe(out chan<- *prometheus.Desc) {
	out <- depthDesc
	out <- lagDesc
	out <- upDesc
}

// Collect reads the queues.
func (c queueCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	queues, err := c.db.Queues(ctx)
	if err != nil {
		out <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 0)
		return
	}
	out <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 1)
	for _, q := range queues {
		for state, n := range q.Depth {
			out <- prometheus.MustNewConstMetric(depthDesc, prometheus.GaugeValue, float64(n), q.Name, state)
		}
		out <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, q.Lag.Seconds(), q.Name)
	}
}
