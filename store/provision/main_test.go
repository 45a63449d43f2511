package provision_test

import (
	"testing"
	"time"

	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience bounds every wait for another goroutine or for a server.
const patience = time.Minute

const day = 24 * time.Hour
