package outbox_test

import (
	"testing"
	"time"

	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const day = 24 * time.Hour
