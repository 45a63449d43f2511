package wordpress

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"enrolld"
)

// refusal makes an error of an answer that is not 200. WordPress says why in a
// code of its own; another program in front of it does not.
func (c *Client) refusal(resp *http.Response, body []byte) error {
	var said struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &said) // a refusal without JSON has no code
	cause := fmt.Errorf("%s, code %q", resp.Status, said.Code)
	wrap := func(code enrolld.Code, format string, args ...any) error {
		return enrolld.Wrap(code, cause, format, args...)
	}
	switch status := resp.StatusCode; {
	case status >= 300 && status < 400:
		return wrap(enrolld.Invalid, "the site redirects to %q; use its final address", resp.Header.Get("Location"))
	case said.Code == "enrolld_signature":
		return wrap(enrolld.Unauthorized, "the site does not accept our key; install the companion again")
	case said.Code == "enrolld_not_configured":
		return wrap(enrolld.Unauthorized, "the companion is not configured for this blog; install it again")
	case said.Code == "enrolld_clock":
		return wrap(enrolld.Unauthorized, "the site's clock and ours differ%s", c.skew(resp))
	case said.Code == "rest_no_route", status == http.StatusNotFound:
		return wrap(enrolld.NotFound, "the companion is not installed on the site")
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return wrap(enrolld.Forbidden, "something in front of the companion refuses our calls (%s)", resp.Status)
	case status == http.StatusRequestEntityTooLarge:
		return wrap(enrolld.TooLarge, "the site finds our message too large")
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return wrap(enrolld.Unavailable, "the site has trouble (%s)", resp.Status)
	default:
		return wrap(enrolld.Invalid, "the site refuses our call (%s)", resp.Status)
	}
}

// skew words by how much the site's clock differs, when it tells its time.
func (c *Client) skew(resp *http.Response) string {
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return ""
	}
	d := theirs.Sub(c.now()).Round(time.Second)
	if d < 0 {
		return fmt.Sprintf(" (it is %v behind)", -d)
	}
	return fmt.Sprintf(" (it is %v ahead)", d)
}
