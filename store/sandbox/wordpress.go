package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// webWorkers is how many requests the web server handles at once. PHP's
// built-in server has one worker otherwise, and a page that calls its own site
// would wait for itself.
const webWorkers = "4"

// WordPress is an installed site. Its methods may be called from several
// goroutines.
type WordPress struct {
	URL        string // without a slash at the end
	Dir        string // the document root
	ConfigPath string // wp-config.php
	ContentDir string // wp-content

	addr      string
	multisite bool
	log       string
	router    string

	mu     sync.Mutex
	server *process // nil when stopped
}

// Start starts the web server and returns when it answers.
func (w *WordPress) Start(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.server != nil && w.server.running() {
		return errors.New("start web server: it runs already")
	}
	cmd := exec.Command(command("php"), "-d", "opcache.revalidate_freq=0", "-d", "display_errors=0",
		"-d", "log_errors=1", "-S", w.addr, "-t", w.Dir, w.router)
	cmd.Dir = w.Dir
	cmd.Env = append(os.Environ(), "PHP_CLI_SERVER_WORKERS="+webWorkers)
	p, err := startProcess(cmd, w.log)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 10 * time.Second}
	if err := poll(ctx, p.done, func() error { return w.answers(ctx, client) }); err != nil {
		err = p.failure("start web server", err)
		p.kill()
		return err
	}
	w.server = p
	return nil
}

// Stop ends the web server. It does nothing the second time.
func (w *WordPress) Stop() error {
	w.mu.Lock()
	p := w.server
	w.server = nil
	w.mu.Unlock()
	if p == nil {
		return nil
	}
	return p.stop()
}

func (w *WordPress) answers(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+"/wp-login.php", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("WordPress answers %s", resp.Status)
	}
	return nil
}

// Eval runs PHP code (without an opening tag) in this WordPress, as WP-CLI
// would, and returns what it prints. Nobody is logged in.
func (w *WordPress) Eval(ctx context.Context, code string) (string, error) {
	return w.php(ctx, "require $args['dir'] . '/wp-load.php';\n"+code, map[string]any{"dir": w.Dir})
}

// Page is a page to make.
type Page struct {
	Title   string
	Content string // blocks or HTML
	Excerpt string
	Parent  int64 // 0 for a page at the top
	Course  bool  // mark it as a course
	Blog    int64 // of a network; 0 is the main one
}

// CreatePage publishes a page and returns its number.
func (w *WordPress) CreatePage(ctx context.Context, p Page) (int64, error) {
	out, err := w.php(ctx, "require $args['dir'] . '/wp-load.php';\n"+script("page.php"), map[string]any{
		"dir": w.Dir, "title": p.Title, "content": p.Content, "excerpt": p.Excerpt, "parent": p.Parent,
		"course": p.Course, "blog": p.Blog,
	})
	if err != nil {
		return 0, fmt.Errorf("create page: %w", err)
	}
	id, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("create page: %w", err)
	}
	return id, nil
}

// Blog is a site of a network.
type Blog struct {
	ID  int64  `json:"id"`
	URL string `json:"url"` // without a slash at the end
}

// CreateBlog adds a site to a network, at /slug/.
func (w *WordPress) CreateBlog(ctx context.Context, slug, title string) (Blog, error) {
	if !w.multisite {
		return Blog{}, errors.New("create blog: the site is not a network")
	}
	out, err := w.php(ctx, "require $args['dir'] . '/wp-load.php';\n"+script("blog.php"), map[string]any{
		"dir": w.Dir, "slug": slug, "title": title, "domain": w.addr,
	})
	if err != nil {
		return Blog{}, fmt.Errorf("create blog: %w", err)
	}
	var b Blog
	if err := json.Unmarshal([]byte(out), &b); err != nil {
		return Blog{}, fmt.Errorf("create blog: %w", err)
	}
	return b, nil
}

// tellFatal makes PHP tell why it broke off. WordPress turns that off when it
// logs notices.
const tellFatal = `register_shutdown_function( function () {
	$e = error_get_last();
	if ( $e && E_ERROR === $e['type'] && 'stderr' !== ini_get( 'display_errors' ) ) {
		file_put_contents( 'php://stderr', $e['message'] . ' in ' . $e['file'] . ':' . $e['line'] );
	}
} );
`

// php runs code in a process of its own, with args as the variable $args.
func (w *WordPress) php(ctx context.Context, code string, args map[string]any) (string, error) {
	encoded, err := json.Marshal(args)
	if err != nil {
		return "", fmt.Errorf("encode arguments: %w", err)
	}
	var script strings.Builder
	script.WriteString("<?php\n")
	fmt.Fprintf(&script, "$args = json_decode( base64_decode( '%s' ), true );\n",
		base64.StdEncoding.EncodeToString(encoded))
	fmt.Fprintf(&script, "$_SERVER['HTTP_HOST'] = '%s';\n$_SERVER['SERVER_NAME'] = '%[1]s';\n", w.addr)
	script.WriteString(tellFatal)
	script.WriteString("$_SERVER['REQUEST_URI'] = '/';\n$_SERVER['REQUEST_METHOD'] = 'GET';\n" +
		"$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';\n$_SERVER['REMOTE_ADDR'] = '127.0.0.1';\n")
	script.WriteString(code)

	cmd := exec.CommandContext(ctx, command("php"), "-d", "display_errors=stderr", "-d", "log_errors=0")
	cmd.Dir = w.Dir
	cmd.Stdin = strings.NewReader(script.String())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("run PHP: %w\n%s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.String(), nil
}
