package passkey_test

import (
	"testing"

	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
