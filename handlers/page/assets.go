package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// AssetsPath is the folder below which Assets expects to be registered.
const AssetsPath = "/static/"

// asset is a static file and the name of its content.
type asset struct {
	body        []byte
	hash        string
	contentType string
}

var assets = loadAssets(staticFiles)

// contentTypes are said here since the machine's own table may differ.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func loadAssets(files fs.FS) map[string]asset {
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		panic(err) // embedded
	}
	out := map[string]asset{}
	for _, e := range entries {
		body, err := fs.ReadFile(files, "static/"+e.Name())
		if err != nil {
			panic(err) // embedded
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		kind, ok := contentTypes[ext]
		if !ok {
			kind = mime.TypeByExtension(ext)
		}
		out[e.Name()] = asset{body, hex.EncodeToString(sum[:6]), kind}
	}
	return out
}

// AssetURL is the address of a static file. It changes with the content, so that
// a browser may keep what it got for good.
func AssetURL(name string) (string, error) {
	a, ok := assets[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return AssetsPath + a.hash + "/" + name, nil
}

// Assets serves the static files below AssetsPath. A file of another version is
// served too, while a new version is rolled out, but is not to be kept.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, AssetsPath), "/")
		a, ok := assets[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if hash == a.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(a.body)
		}
	})
}
