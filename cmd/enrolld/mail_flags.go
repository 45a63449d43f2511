package main

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/mailer"
	"enrolld/store"
)

// dkimFlags say how mail is signed.
type dkimFlags struct {
	DKIMKeyFile  []string `help:"Private key to sign mail with (DKIM), RSA or Ed25519 as PEM; may be given twice, with a selector each." env:"ENROLLD_DKIM_KEY_FILE" name:"dkim-key-file" placeholder:"FILE"`
	DKIMSelector []string `help:"Under which name the key is in DNS; default: enrolld." env:"ENROLLD_DKIM_SELECTOR" name:"dkim-selector" placeholder:"NAME"`
	DKIMDomain   []string `help:"Sign only mail from these domains and below; default: all mail, as its sender's domain." env:"ENROLLD_DKIM_DOMAIN" name:"dkim-domain" placeholder:"DOMAIN"`
}

const defaultSelector = "enrolld"

// dkim reads the keys; nil when there is none.
func (c dkimFlags) dkim() (*mailer.DKIM, error) {
	if len(c.DKIMKeyFile) == 0 {
		if len(c.DKIMSelector)+len(c.DKIMDomain) > 0 {
			return nil, enrolld.Errorf(enrolld.Invalid, "--dkim-selector and --dkim-domain want a key: --dkim-key-file")
		}
		return nil, nil
	}
	selectors := c.DKIMSelector
	if len(selectors) == 0 {
		selectors = []string{defaultSelector}
	}
	if len(selectors) != len(c.DKIMKeyFile) {
		return nil, enrolld.Errorf(enrolld.Invalid, "each --dkim-key-file needs a --dkim-selector of its own")
	}
	var keys []mailer.DKIMKey
	for i, path := range c.DKIMKeyFile {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, enrolld.Wrap(enrolld.Invalid, err, "the DKIM key file %s cannot be read", path)
		}
		key, err := mailer.ParseDKIMKey(selectors[i], text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return mailer.NewDKIM(keys, c.DKIMDomain)
}

// readLimits reads how much may go to each mail provider; without a file the defaults.
func readLimits(path string) (mailer.Limits, error) {
	if path == "" {
		return mailer.DefaultLimits(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, enrolld.Wrap(enrolld.Invalid, err, "the mail limits cannot be read")
	}
	defer func() { _ = f.Close() }()
	return mailer.ParseLimits(f)
}

const dnsTimeout = 5 * time.Second

// lookupTXT asks DNS; stand-ins of tests answer themselves.
type lookupTXT func(ctx context.Context, name string) ([]string, error)

// dkim looks whether the keys that sign mail are in DNS.
func (e *examination) dkim(flags dkimFlags, senders []string) {
	d, err := flags.dkim()
	if err != nil {
		e.bad("error", "dkim", explain(err), "")
		return
	}
	if d == nil {
		return
	}
	var domains []string
	for _, sender := range append(senders, flags.DKIMDomain...) {
		if domain := d.DomainFor(sender); domain != "" && !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	for _, domain := range domains {
		for _, key := range d.Keys() {
			e.dkimRecord(key, domain)
		}
	}
}

func (e *examination) dkimRecord(key mailer.DKIMKey, domain string) {
	ctx, cancel := context.WithTimeout(e.ctx, dnsTimeout)
	defer cancel()
	name := key.Name(domain)
	publish := "Publish this TXT record: " + name + " " + key.Record()
	records, err := e.lookup(ctx, name)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound, err == nil && len(records) == 0:
		e.bad("error", "dkim "+domain, "mail is signed with a key that is not in DNS", publish)
	case err != nil:
		e.bad("warning", "dkim "+domain, "DNS does not answer now", publish)
	case !key.Published(records):
		e.bad("error", "dkim "+domain, "the record at "+name+" holds another key", publish)
	default:
		e.ok("dkim "+domain, "the key "+key.Selector+" is in DNS")
	}
}

// senders are the domains that accounts send from, as far as they are told.
func (e *examination) senders(db *store.DB) []string {
	accounts, err := db.Accounts(e.ctx)
	if err != nil {
		return nil // it has been said
	}
	var out []string
	for _, a := range accounts {
		if _, key, err := enrolld.ParseEmail(a.FromAddress); err == nil && !slices.Contains(out, key.Domain()) {
			out = append(out, key.Domain())
		}
	}
	slices.SortFunc(out, strings.Compare)
	return out
}
