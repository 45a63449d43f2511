package wordpress

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	dotenvLine = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$`)
	dotenvVar  = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_.]*)\}`)
	envComment = regexp.MustCompile(`\s+#.*$`)
)

// readDotenv reads .env and .env.local of a directory, as Bedrock loads them:
// the second overrides the first, and the real environment, env, both.
func readDotenv(dir string, env func(string) (string, bool)) (map[string]string, error) {
	values := map[string]string{}
	for _, name := range []string{".env", ".env.local"} {
		text, err := readSmall(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		parseDotenv(text, values, env)
	}
	return values, nil
}

// parseDotenv adds the lines KEY=value of text to values. Values may be quoted;
// ${NAME} is replaced but in single quotes; # after a space begins a comment.
// Lines that are none are left out.
func parseDotenv(text string, values map[string]string, env func(string) (string, bool)) {
	expand := func(s string) string {
		return dotenvVar.ReplaceAllStringFunc(s, func(m string) string {
			name := m[2 : len(m)-1]
			if v, ok := env(name); ok {
				return v
			}
			if v, ok := values[name]; ok {
				return v
			}
			return m
		})
	}
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		m := dotenvLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		value := m[2]
		switch {
		case strings.HasPrefix(value, "'"):
			value, _, _ = strings.Cut(value[1:], "'")
		case strings.HasPrefix(value, `"`):
			value = expand(doubleQuoted(value[1:]))
		case strings.HasPrefix(value, "#"):
			value = ""
		default:
			value = expand(strings.TrimSpace(envComment.ReplaceAllString(value, "")))
		}
		values[m[1]] = value
	}
}

// doubleQuoted returns the text before the closing quote, unescaped.
func doubleQuoted(s string) string {
	var b strings.Builder
	for i := 0; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if e, ok := doubleEscapes[s[i+1]]; ok {
				b.WriteByte(e)
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// databaseURL reads mysql://user:password@host:port/name. Bedrock hands the
// parts on as they stand, percent signs included, so this does too.
func databaseURL(s string) (map[string]string, bool) {
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		return nil, false
	}
	rest, _, _ = strings.Cut(rest, "?")
	login, host := "", rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		login, host = rest[:at], rest[at+1:]
	}
	host, name, ok := strings.Cut(host, "/")
	if !ok || host == "" || name == "" {
		return nil, false
	}
	user, password, _ := strings.Cut(login, ":")
	return map[string]string{
		"DB_NAME": name, "DB_USER": user, "DB_PASSWORD": password, "DB_HOST": host,
	}, true
}
