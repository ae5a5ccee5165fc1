package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

const hidden = "***"

// Secret is a setting that must not be seen: it comes from its environment variable, or from the file that the same
// variable with _FILE at its end names, and never from a flag. Printed, logged or marshalled it reads "***".
type Secret string

// Reveal is the secret itself. Hand it to the library that needs it and to nothing else.
func (s Secret) Reveal() string { return string(s) }

// String is "***", or empty when no secret is set.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format writes String for every verb, so that %#v and %x show no more than %v does.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText gives String, so that JSON and YAML show no secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives String to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// URL is a setting that names a server and may carry a password: given as a flag it must not, given by its environment
// variable or by a file (see Secret) it may. Printed, logged or marshalled the password reads "***".
type URL string

// Reveal is the URL with its password. Hand it to the library that connects and to nothing else.
func (u URL) Reveal() string { return string(u) }

// String is the URL with its password hidden. What cannot be read as a URL is hidden whole.
func (u URL) String() string {
	if u == "" {
		return ""
	}
	parsed, err := url.Parse(string(u))
	if err != nil || parsed.Scheme == "" {
		return hidden
	}
	if parsed.User != nil {
		if _, has := parsed.User.Password(); has {
			parsed.User = url.UserPassword(parsed.User.Username(), hidden)
		}
	}
	query := parsed.Query()
	for name := range query {
		if carriesPassword(name) {
			query.Set(name, hidden)
		}
	}
	if len(query) > 0 {
		parsed.RawQuery = query.Encode()
	}
	return strings.ReplaceAll(parsed.String(), url.QueryEscape(hidden), hidden)
}

// Format writes String for every verb.
func (u URL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// MarshalText gives String.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue gives String to slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

func carriesPassword(parameter string) bool {
	p := strings.ToLower(parameter)
	return strings.Contains(p, "password") || strings.Contains(p, "secret") || p == "token"
}

// checkURL says what is wrong with a URL's form, never quoting it since it may carry a password.
func checkURL(raw string) error {
	for one := range strings.SplitSeq(raw, ",") { // NATS takes several, parted by commas; so does a Postgres host list
		parsed, err := url.Parse(strings.TrimSpace(one))
		if err != nil {
			var detail *url.Error
			if errors.As(err, &detail) {
				err = detail.Err
			}
			if strings.Contains(err.Error(), "invalid port") { // this text quotes what may be a password with a slash in it
				err = errors.New("invalid port after host, or a password with an unescaped character")
			}
			return fmt.Errorf("it is not a URL (%w)", err)
		}
		if one == raw && (parsed.Scheme == "" || parsed.Opaque != "") {
			return errors.New("it must be a URL with a scheme, such as scheme://host:port")
		}
	}
	return nil
}

// hasPassword says whether an argument is or holds a URL or connection string with a password in it.
func hasPassword(argument string) bool {
	for one := range strings.SplitSeq(argument, ",") {
		parsed, err := url.Parse(strings.TrimSpace(one))
		if err != nil || parsed.Scheme == "" {
			if strings.Contains(strings.ToLower(one), "password=") || unparsedPassword(one) {
				return true
			}
			continue
		}
		if parsed.User != nil {
			if _, has := parsed.User.Password(); has {
				return true
			}
		}
		for name := range parsed.Query() {
			if carriesPassword(name) {
				return true
			}
		}
	}
	return false
}

// unparsedPassword recognises scheme://user:word@host where url.Parse gave up, for instance on a stray percent sign.
func unparsedPassword(s string) bool {
	_, rest, found := strings.Cut(s, "://")
	if !found {
		return false
	}
	user, _, found := strings.Cut(rest, "@")
	return found && strings.Contains(user, ":")
}
