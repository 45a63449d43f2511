# 'make demo' and 'make test' do all the set-up on a fresh Debian machine with Go.

GO       ?= go
PACKAGES ?= ./...
LINT_VERSION := v2.15.0
LINT     := $(shell $(GO) env GOPATH)/bin/golangci-lint-$(LINT_VERSION)
FUZZTIME ?= 1m
CGO_CHECK := gcc=gcc /usr/include/stdlib.h=libc6-dev

SITE_PACKAGES := curl=curl mariadbd=mariadb-server mariadb-install-db=mariadb-server \
	/usr/share/wordpress/wp-settings.php=wordpress php=php-cli php:mysqli=php-mysql php:xml=php-xml php:mbstring=php-mbstring \
	/usr/share/wordpress/wp-content/themes/twentytwentythree=wordpress-theme-twentytwentythree
TEST_PACKAGES := $(SITE_PACKAGES) chromium=chromium npm=npm $(CGO_CHECK)

.PHONY: help demo test check lint unit e2e platforms bench galera screenshots fuzz build packages test-packages

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: packages ## start everything privately, WordPress included, and make a few sales
	$(GO) build -o bin/enrolld ./cmd/enrolld && bin/enrolld demo

# The two wait a good part of their time: for commits, leases, pages that load. Side
# by side each works while the other one waits.
test: test-packages check ## everything that CI runs
	$(MAKE) -j2 unit e2e

check: ## format, vet, linters
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet $(PACKAGES)
	$(MAKE) lint

lint: $(LINT) ## linters only
	$(LINT) run $(PACKAGES)

$(LINT):
	@echo "installing golangci-lint $(LINT_VERSION)"
	@dir=$$(mktemp -d) && GOBIN=$$dir $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION) \
		&& mkdir -p $(dir $(LINT)) && mv $$dir/golangci-lint $(LINT) && rmdir $$dir

# What computes or only wires, and starts no goroutine of its own: there the race
# detector finds nothing and takes five to ten times as long.
PURE := ^enrolld$$|^enrolld/importer|^enrolld/integrations/|^enrolld/store/woocommerce$$|^enrolld/cmd/enrolld$$

unit: ## every test but those in the browser, with the race detector where something runs at once
	CI=true $(GO) test -race -shuffle=on -count=1 -timeout 15m $$($(GO) list $(PACKAGES) | grep -vE '/cmd/e2e|$(PURE)')
	CI=true $(GO) test -shuffle=on -count=1 -timeout 15m $$($(GO) list $(PACKAGES) | grep -E '$(PURE)')

e2e: ## the whole, on a real WordPress in a real browser
	CI=true $(GO) test -count=1 -timeout 15m ./cmd/e2e/

platforms: ## what the conformance tests have shown of every checkout tool
	CI=true $(GO) run ./cmd/platforms

bench: packages ## measure beside references in one run; prints ratios
	$(GO) run ./cmd/bench

galera: ## the store on a multi-writer cluster; ENROLLD_GALERA_SOCKETS names its nodes
	@[ -n "$$ENROLLD_GALERA_SOCKETS" ] || { echo "set ENROLLD_GALERA_SOCKETS to the sockets of three nodes"; exit 2; }
	$(GO) test -race -count=1 -v -run Galera ./store/provision/

screenshots: test-packages ## take the pictures of the README anew; look at them
	$(GO) run ./cmd/screenshots

fuzz: ## run each fuzz target for FUZZTIME (1m)
	@for p in $$($(GO) list $(PACKAGES)); do \
		for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz'); do \
			echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
		done; \
	done

build: ## a static binary in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version='$$(git describe --always --dirty 2>/dev/null || echo development) -o bin/enrolld ./cmd/enrolld

packages:
	@.ci/packages $(SITE_PACKAGES)

test-packages:
	@.ci/packages $(TEST_PACKAGES)
