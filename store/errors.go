package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"

	"enrolld"
)

// MySQL and MariaDB error numbers that mean something to us.
const (
	numDuplicate       = 1062
	numLockTimeout     = 1205
	numDeadlock        = 1213 // also a failed certification on a Galera cluster
	numRecordChanged   = 1020 // MariaDB: the row changed since the snapshot
	numErrorInCommit   = 1180 // a cluster's refusal that surfaces at COMMIT
	numTooManyConns    = 1040
	numShutdown        = 1053
	numNotPrepared     = 1047 // a cluster node that is not in the primary component
	numInterrupted     = 1317
	numReadOnly        = 1290
	numUserConns       = 1203
	numConnectionKill  = 1927
	numNoSuchTable     = 1146
	numUnknownDatabase = 1049
	numDataTooLong     = 1406
	numTableDenied     = 1142
)

// ErrAgain is a conflict that running the transaction again resolves: a function
// given to InTx returns it, wrapped, to be run anew.
var ErrAgain = errors.New("somebody else was first")

// number returns the server's error number, 0 when err is not the server's.
func number(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// IsDuplicate says whether a unique key refused a row.
func IsDuplicate(err error) bool { return number(err) == numDuplicate }

// IsDenied says whether our database user may not do that to a table.
func IsDenied(err error) bool { return number(err) == numTableDenied }

// again says whether the same transaction may succeed when it is run anew.
func again(err error) bool {
	switch number(err) {
	case numDeadlock, numLockTimeout, numRecordChanged, numErrorInCommit:
		return true
	}
	return errors.Is(err, ErrAgain)
}

// Classify gives a database error its code: Unavailable when the server is
// away or overloaded and waiting helps. What has a code already keeps it.
func Classify(err error) error {
	var coded *enrolld.Error
	var park *enrolld.ParkError
	if err == nil || errors.As(err, &coded) || errors.As(err, &park) {
		return err
	}
	switch number(err) {
	case numTooManyConns, numShutdown, numNotPrepared, numReadOnly, numInterrupted, numUserConns, numConnectionKill,
		numDeadlock, numLockTimeout, numRecordChanged, numErrorInCommit:
		return enrolld.Wrap(enrolld.Unavailable, err, "the database is busy or away")
	case numNoSuchTable, numUnknownDatabase:
		return enrolld.Wrap(enrolld.Unavailable, err, "a table is missing: run 'enrolld migrate up', then 'enrolld doctor'")
	case numDataTooLong:
		return enrolld.Wrap(enrolld.Invalid, err, "a value is longer than the database can hold")
	}
	for _, target := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF, sql.ErrConnDone, sql.ErrTxDone,
		context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, target) {
			return enrolld.Wrap(enrolld.Unavailable, err, "the database does not answer")
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return enrolld.Wrap(enrolld.Unavailable, err, "the database cannot be reached")
	}
	return err
}
