package paypal_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/integrations/paypal"
	"enrolld/integrations/platformtest"
)

// The integration under test.
const (
	webhook  = enrolld.Secret("8PT597110X687430LKGECATA")
	webhook2 = enrolld.Secret("1JE4291016473214CF0T6RQZ")
	apiKey   = enrolld.Secret("AeClientIdOfTheApp0123456789:EGSecretOfTheApp0123456789")
	access   = "A21AAFEpH4PsADK7qSS7pSRsgzfENtu-Q1ysgEDVDESseMHBYXVJYE8ovjj68elIDy8nF26AwPhfXTIeWAZHSLIsQkSYz9ifg"
)

// signer is a key with a certificate for it, and those above it.
type signer struct {
	key   *rsa.PrivateKey
	chain []byte
	root  *x509.Certificate
}

// authority makes certificates.
type authority struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func (a authority) issue(name string, isCA bool, from, until time.Time) (*rsa.PrivateKey, *x509.Certificate) {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
		IsCA: isCA, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if !isCA {
		template.DNSNames = []string{name}
	}
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, cert
}

var (
	year      = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	nextYear  = year.AddDate(1, 0, 0)
	certsName = "messageverificationcerts.paypal.com"
)

func newAuthority() authority {
	key, cert := authority{}.issue("Test Root", true, year.AddDate(-5, 0, 0), nextYear.AddDate(5, 0, 0))
	return authority{key, cert}
}

// sign makes a signer below an intermediate authority.
func (a authority) signer(name string, from, until time.Time) signer {
	key, cert := a.issue("Test Intermediate", true, year.AddDate(-1, 0, 0), nextYear.AddDate(1, 0, 0))
	leafKey, leaf := authority{key, cert}.issue(name, false, from, until)
	var chain []byte
	for _, c := range []*x509.Certificate{leaf, cert} {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return signer{leafKey, chain, a.cert}
}

// pki is made once: keys take their time.
var pki = sync.OnceValue(func() (p struct {
	root                              authority
	good, stranger, expired, misnamed signer
	foreign                           signer
},
) {
	p.root = newAuthority()
	p.good = p.root.signer(certsName, year, nextYear)
	p.stranger = p.root.signer(certsName, year, nextYear)
	p.expired = p.root.signer(certsName, year.AddDate(-1, 0, 0), platformtest.Received.Add(-time.Hour))
	p.misnamed = p.root.signer("paypal.com.example.org", year, nextYear)
	p.foreign = newAuthority().signer(certsName, year, nextYear)
	return p
})

func roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(pki().root.cert)
	return pool
}

const certURL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-5a47cae5"

// transmission is the id of a body's transmission: a retry is the same one.
func transmission(body []byte) string { return fmt.Sprintf("%x", sha256.Sum256(body))[:36] }

// sign makes a delivery of a body as PayPal does.
func (s signer) sign(id enrolld.Secret, body []byte, at time.Time) integrations.Request {
	h := http.Header{"Content-Type": {"application/json"}}
	if id != "" {
		stamp := at.Format(time.RFC3339)
		text := fmt.Sprintf("%s|%s|%s|%d", transmission(body), stamp, id.Reveal(), crc32.ChecksumIEEE(body))
		sum := sha256.Sum256([]byte(text))
		sig, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		h.Set("Paypal-Transmission-Id", transmission(body))
		h.Set("Paypal-Transmission-Time", stamp)
		h.Set("Paypal-Transmission-Sig", base64.StdEncoding.EncodeToString(sig))
		h.Set("Paypal-Auth-Algo", "SHA256withRSA")
		h.Set("Paypal-Cert-Url", certURL)
	}
	return integrations.Request{Header: h, Body: body, ReceivedAt: at}
}

func sign(id enrolld.Secret, s platformtest.Sample, at time.Time) integrations.Request {
	return pki().good.sign(id, s.Body, at)
}

// stand is a stand-in for PayPal's API.
type stand struct {
	chain  []byte // the certificate that it hands out
	status string // what it says of deliveries
	asked  func(*http.Request, []byte)
	host   string // "" is the live one
}

func newStand() *stand { return &stand{chain: pki().good.chain, status: "SUCCESS"} }

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if s.asked != nil {
		s.asked(r, body)
	}
	if strings.HasPrefix(r.URL.Path, "/v1/notifications/certs/") {
		_, _ = w.Write(s.chain)
		return
	}
	id, secret, _ := strings.Cut(apiKey.Reveal(), ":")
	user, password, basic := r.BasicAuth()
	host := s.host
	if host == "" {
		host = "api-m.paypal.com"
	}
	switch {
	case r.Host != host:
		http.Error(w, `{"name":"WRONG_HOST"}`, http.StatusBadRequest)
	case r.URL.Path == "/v1/oauth2/token":
		if !basic || user != id || password != secret || string(body) != "grant_type=client_credentials" {
			http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"scope":"https://uri.paypal.com/services/payments","access_token":%q,"token_type":"Bearer","app_id":"APP-80W284485P519543T","expires_in":31668}`, access)
	case r.Header.Get("Authorization") != "Bearer "+access:
		http.Error(w, `{"error":"invalid_token"}`, http.StatusUnauthorized)
	default:
		s.answer(w, r)
	}
}

func (s *stand) answer(w http.ResponseWriter, r *http.Request) {
	dir, last := path.Split(r.URL.Path)
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v1/notifications/verify-webhook-signature":
		_, _ = fmt.Fprintf(w, `{"verification_status":%q}`, s.status)
	case r.Method == http.MethodPost && last == "refund":
		if r.Header.Get("Paypal-Request-Id") == "" {
			http.Error(w, `{"name":"INVALID_REQUEST"}`, http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1JU08902781691411","status":"COMPLETED"}`)
	case r.Method != http.MethodGet:
		http.Error(w, `{"name":"METHOD_NOT_ALLOWED"}`, http.StatusMethodNotAllowed)
	case dir == "/v2/checkout/orders/":
		file(w, "order_"+last)
	case dir == "/v1/billing/subscriptions/":
		file(w, "sub_"+last)
	case dir == "/v1/billing/plans/":
		file(w, "plan_"+last)
	case r.URL.Path == "/v1/billing/plans":
		page(w, r, "plans", "P-", 23)
	case r.URL.Path == "/v1/catalogs/products":
		page(w, r, "products", "course-", 2)
	default:
		http.NotFound(w, r)
	}
}

// file answers with what the API says of one thing.
func file(w http.ResponseWriter, name string) {
	b, err := os.ReadFile(filepath.Join("testdata", "api", filepath.Base(name)+".json"))
	if err != nil {
		http.Error(w, `{"name":"RESOURCE_NOT_FOUND"}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
}

// page answers with a page of a list that is so long, and that has one product
// with an id of PayPal's own making.
func page(w http.ResponseWriter, r *http.Request, field, prefix string, count int) {
	size, number := 10, 1
	_, _ = fmt.Sscan(r.URL.Query().Get("page_size"), &size)
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
	var members []string
	for i := (number-1)*size + 1; i <= min(number*size, count); i++ {
		members = append(members, fmt.Sprintf(`{"id":"%s%02d","name":"Number %d","create_time":"2026-01-01T10:00:00Z","links":[]}`, prefix, i, i))
	}
	if field == "products" {
		members = append(members, `{"id":"PROD-6XB24663H4094933M","name":"Made up"}`)
	}
	_, _ = fmt.Fprintf(w, `{%q:[%s],"links":[]}`, field, strings.Join(members, ","))
}

// serve runs a stand-in and connects PayPal to it.
func serve(tb testing.TB, h http.Handler) *paypal.Platform {
	tb.Helper()
	server := httptest.NewServer(h)
	tb.Cleanup(server.Close)
	return connect(server.URL)
}

func connect(url string) *paypal.Platform {
	return paypal.New(paypal.Options{BackendURL: url, Roots: roots()})
}
