package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// The SQLSTATE codes that this package tells apart; the first two characters are the class.
const (
	uniqueViolation    = "23505"
	serialization      = "40001"
	deadlock           = "40P01"
	lockNotAvailable   = "55P03"
	idleInTransaction  = "25P03"
	classConnection    = "08"
	classData          = "22"
	classIntegrity     = "23"
	classResources     = "53"
	classProgramLimit  = "54"
	classIntervention  = "57"
	classSystem        = "58"
	classLength        = 2
	messageInternal    = "Something went wrong on our side."
	messageUnavailable = "The database is busy or cannot be reached. Try again in a moment."
	messageConflict    = "It exists already."
	messageBadInput    = "The input cannot be stored."
	messageNotFound    = "There is no such thing."
	codeDatabase       = "database"
	codeDatabaseBusy   = "database_unavailable"
	codeDuplicate      = "duplicate"
	codeNotStorable    = "not_storable"
	codeNoRow          = "not_found"
)

// state is the SQLSTATE in err's chain, or "".
func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func class(err error) string {
	if s := state(err); len(s) >= classLength {
		return s[:classLength]
	}
	return ""
}

// Retryable says whether the same transaction, run again from its start, may succeed at once: a serialization failure or a
// deadlock, both of which were rolled back for certain.
func Retryable(err error) bool {
	s := state(err)
	return s == serialization || s == deadlock
}

// IsUnique says whether err is a breach of the named unique constraint or index, or of any when constraint is "".
func IsUnique(err error, constraint string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == uniqueViolation && (constraint == "" || e.ConstraintName == constraint)
}

// IsBadInput says whether the values sent are at fault, so that sending them again is hopeless: classes 22 (data), 23
// (constraints; unique ones too, see IsUnique) and 54 (too large for an index or a row).
func IsBadInput(err error) bool {
	switch class(err) {
	case classData, classIntegrity, classProgramLimit:
		return true
	default:
		return false
	}
}

// IsConnection says whether the database could not do it now and may later: a lost or refused connection (08, network
// errors), a shutdown or a cancelled statement (57), no resources (53), a failed disk (58), a lock or a transaction that
// took too long (55P03, 25P03), a deadline that passed. A cancelled context is none: whoever cancelled knows why.
func IsConnection(err error) bool {
	switch class(err) {
	case "":
		return offline(err)
	case classConnection, classResources, classIntervention, classSystem:
		return true
	}
	s := state(err)
	return s == lockNotAvailable || s == idleInTransaction
}

// offline judges errors that the server did not send.
func offline(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err) || strings.HasSuffix(err.Error(), "conn closed")
}

// Kind is what a database error means to a caller: Unavailable for what Retryable or IsConnection recognise, Conflict for
// a unique violation, Invalid for other bad input, NotFound for pgx.ErrNoRows, the kind it has for a fault, else Internal.
func Kind(err error) fault.Kind { return classify(err).Kind }

// Wrap makes a fault of a database error: op says what was tried, the message gives nothing of the database away. A nil
// err gives nil, and what is a fault already passes unchanged.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return err
	}
	return classify(err).In(op).Because(err)
}

func classify(err error) *fault.Error {
	var e *fault.Error
	switch {
	case errors.As(err, &e):
		return e
	case Retryable(err), IsConnection(err):
		return fault.New(fault.Unavailable, codeDatabaseBusy, messageUnavailable)
	case IsUnique(err, ""):
		return fault.New(fault.Conflict, codeDuplicate, messageConflict)
	case IsBadInput(err):
		return fault.New(fault.Invalid, codeNotStorable, messageBadInput)
	case errors.Is(err, pgx.ErrNoRows):
		return fault.New(fault.NotFound, codeNoRow, messageNotFound)
	default:
		return fault.New(fault.Internal, codeDatabase, messageInternal)
	}
}
