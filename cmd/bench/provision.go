package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"enrolld/cmd/service"
	"enrolld/store"
	"enrolld/store/provision"
)

// endpoint is the reference: what a plugin does that takes webhooks by itself.
const endpoint = `<?php
add_action( 'rest_api_init', function () {
	register_rest_route( 'bench/v1', '/sale', array(
		'methods' => 'POST', 'permission_callback' => '__return_true',
		'callback' => function ( $request ) {
			$email = $request->get_param( 'email' );
			$id = wp_insert_user( array( 'user_login' => $email, 'user_email' => $email, 'user_pass' => wp_generate_password( 24 ) ) );
			return is_wp_error( $id ) ? $id : array( 'id' => $id );
		},
	) );
} );
`

const endpointConns = 4

// provision measures purchases per second, from stored deliveries to WordPress
// user, meta, order, grant, access and queued mail, beside the WordPress
// endpoint of the same site.
func (b *bench) provision(ctx context.Context) error {
	reference, err := b.endpoint(ctx)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	ours, err := b.purchases(ctx)
	if err != nil {
		return err
	}
	b.add(row{
		"provision: purchases, delivery to user, access and queued mail", rate(ours.rate()),
		rate(reference.rate()) + " WordPress endpoint", times(ours.rate() / reference.rate()), "≥ 30×",
	})
	return nil
}

func (b *bench) endpoint(ctx context.Context) (measured, error) {
	plugin := filepath.Join(b.academy.Site.ContentDir, "mu-plugins", "bench.php")
	if err := os.WriteFile(plugin, []byte(endpoint), 0o644); err != nil {
		return measured{}, fmt.Errorf("install the endpoint: %w", err)
	}
	defer func() { _ = os.Remove(plugin) }()
	client := &http.Client{Timeout: time.Minute}
	var n atomic.Int64
	return drive(ctx, endpointConns, b.duration, 0, func(context.Context, int) (func() error, func() error, error) {
		return func() error {
			body := fmt.Sprintf(`{"email":"reference%d@example.org"}`, n.Add(1))
			req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost,
				b.academy.Site.URL+"/?rest_route=/bench/v1/sale", strings.NewReader(body))
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := client.Do(req)
			if err != nil {
				return err
			}
			text, err := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("answered %s: %.200s", res.Status, text)
			}
			return errors.Join(err, res.Body.Close())
		}, func() error { return nil }, nil
	})
}

// purchases fills the queue and lets the processors empty it.
func (b *bench) purchases(ctx context.Context) (measured, error) {
	if err := b.fill(ctx); err != nil {
		return measured{}, err
	}
	p := provision.New(b.academy.DB, service.NewReader(service.Platforms(nil)), provision.Options{})
	begin := time.Now()
	errs := make([]error, service.DefaultWorkers)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			for n := 1; n > 0 && errs[i] == nil; {
				n, errs[i] = p.Step(ctx)
			}
		})
	}
	group.Wait()
	took := time.Since(begin)
	if err := errors.Join(errs...); err != nil {
		return measured{}, err
	}
	return measured{n: b.options.purchases, took: took}, b.checkProvisioned(ctx)
}

// fill empties the queue of what other benchmarks left and stores purchases.
func (b *bench) fill(ctx context.Context) error {
	if _, err := b.academy.DB.Conn().ExecContext(ctx, `DELETE FROM enrolld_deliveries`); err != nil {
		return fmt.Errorf("empty the queue: %w", err)
	}
	list, err := b.academy.DB.Integrations(ctx, b.academy.Account.ID)
	if err != nil {
		return err
	}
	platforms := service.Platforms(nil)
	inbox := store.NewInbox(b.academy.DB)
	defer inbox.Close()
	var group sync.WaitGroup
	errs := make(chan error, b.options.purchases)
	gate := make(chan struct{}, acceptConns)
	for range b.options.purchases {
		gate <- struct{}{}
		group.Go(func() {
			defer func() { <-gate }()
			errs <- inbox.Put(ctx, purchase(list[0], platforms))
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkProvisioned makes sure that all of it was done.
func (b *bench) checkProvisioned(ctx context.Context) error {
	for what, query := range map[string]string{
		"deliveries done":  `SELECT COUNT(*) FROM enrolld_deliveries WHERE state = 'done'`,
		"customers":        `SELECT COUNT(*) FROM enrolld_customers WHERE wp_user_id IS NOT NULL`,
		"WordPress users":  `SELECT COUNT(*) FROM wp_users WHERE user_email LIKE 'buyer%'`,
		"grants":           `SELECT COUNT(*) FROM enrolld_grants WHERE state = 'live'`,
		"access":           `SELECT COUNT(*) FROM enrolld_access`,
		"queued messages":  `SELECT COUNT(*) FROM enrolld_messages WHERE kind = 'welcome'`,
		"capability metas": `SELECT COUNT(*) FROM wp_usermeta WHERE meta_key = 'wp_capabilities' AND user_id IN (SELECT wp_user_id FROM enrolld_customers)`,
	} {
		var n int
		if err := b.academy.DB.Conn().QueryRowContext(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("count %s: %w", what, err)
		}
		if n != b.options.purchases {
			return fmt.Errorf("%d purchases, but %d %s", b.options.purchases, n, what)
		}
	}
	return nil
}
