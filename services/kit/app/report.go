package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// report tells a person at a terminal what went wrong: what happened, then why, a line each, then what to do about it.
func report(w io.Writer, program string, err error) {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	lines, hint := told(err)
	_, _ = fmt.Fprintf(w, "%s: %s\n", program, lines[0])
	for _, line := range lines[1:] {
		_, _ = fmt.Fprintf(w, "  %s\n", line)
	}
	if hint != "" {
		_, _ = fmt.Fprintf(w, "%s\n", hint)
	}
}

// told is an error from the outside in, and the innermost hint. What a fault keeps for the log (operation, kind, code) is
// left out: whoever started the program reads this.
func told(err error) (lines []string, hint string) {
	switch e := err.(type) { //nolint:errorlint // each level of the chain is looked at by itself
	case *fault.Error:
		lines, hint = append(lines, e.Message), e.Hint
		for _, v := range e.Violations {
			lines = append(lines, v.Message)
		}
		if e.Err != nil {
			inner, better := told(e.Err)
			lines = append(lines, inner...)
			if better != "" {
				hint = better
			}
		}
		return lines, hint
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			inner, better := told(one)
			lines = append(lines, inner...)
			if hint == "" {
				hint = better
			}
		}
		return lines, hint
	}
	var inner *fault.Error
	if !errors.As(err, &inner) {
		return strings.Split(strings.ReplaceAll(err.Error(), "\t", "  "), "\n"), ""
	}
	lines, hint = told(inner)
	if before := strings.TrimSuffix(strings.TrimSuffix(err.Error(), inner.Error()), ": "); before != "" && before != err.Error() {
		lines = append([]string{before + "."}, lines...)
	}
	return lines, hint
}
