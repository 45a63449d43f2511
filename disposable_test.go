package enrolld_test

import (
	"testing"

	"enrolld"
)

func TestDisposable(t *testing.T) {
	t.Parallel()
	for _, key := range []enrolld.EmailKey{
		"a@mailinator.com", "a@guerrillamail.com", "a@yopmail.com", "a@0-mail.com", "a@sub.mailinator.com", "a@a.b.yopmail.com",
	} {
		if !enrolld.Disposable(key) {
			t.Errorf("%q is not known as disposable", key)
		}
	}
	for _, key := range []enrolld.EmailKey{"", "a@example.org", "a@not-quite-mailinator.com", "mailinator.com@example.org", "a@com", "a@mailinator.com.example.org"} {
		if enrolld.Disposable(key) {
			t.Errorf("%q is taken for disposable", key)
		}
	}
}

// People keep mailboxes at these, and some relay to one.
func TestDisposable_neverARealProvider(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{
		"gmail.com", "googlemail.com", "outlook.com", "outlook.de", "hotmail.com", "hotmail.co.uk", "live.com", "msn.com", "icloud.com", "me.com", "mac.com",
		"privaterelay.appleid.com", "proton.me", "protonmail.com", "pm.me", "yahoo.com", "yahoo.co.jp", "ymail.com", "aol.com", "fastmail.com", "hey.com",
		"zoho.com", "tutanota.com", "tuta.io", "gmx.net", "gmx.de", "gmx.com", "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org",
		"orange.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "btinternet.com", "sky.com", "comcast.net", "verizon.net", "att.net",
		"mail.ru", "yandex.ru", "yandex.com", "ukr.net", "seznam.cz", "wp.pl", "onet.pl", "o2.pl", "qq.com", "163.com", "126.com", "sina.com", "naver.com",
		"daum.net", "docomo.ne.jp", "rediffmail.com", "uol.com.br", "bol.com.br", "terra.com.br", "bigpond.com", "xtra.co.nz", "duck.com", "mozmail.com",
	} {
		if enrolld.Disposable(enrolld.EmailKey("ann@" + domain)) {
			t.Errorf("%s is taken for disposable", domain)
		}
	}
}
