package partnercenter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	tokenEarly    = 30 * time.Second // a token is not used in its last seconds
	tokenLifetime = 5 * time.Minute  // assumed when the sign-in does not say
	signInPause   = time.Second      // a failed sign-in is not repeated sooner, however many calls wait for it
	signInTold    = time.Minute      // a refused one is not logged sooner again
)

// token is an access token, ready to be sent.
type token struct {
	header []string // shared by all requests; never changed
	until  time.Time
}

// tokenSource signs in as the application (client_credentials), or as a user of the partner with a refresh token, and keeps
// the token. One call at a time signs in, with its own context; the others wait for it. A sign-in changes nothing at the
// vendor, so whatever fails here leaves the call that wanted the token NotSent.
type tokenSource struct {
	client  *Client
	url     *url.URL
	form    url.Values // without the secrets
	secret  func() (string, error)
	refresh *refreshFile // nil: as the application
	current atomic.Pointer[token]

	turn   chan struct{} // holds one element: the right to sign in, and to touch the fields below
	failed time.Time
	told   time.Time // when a refusal was last logged
	entry  Entry
	err    error
}

func newTokenSource(c *Client, cfg Config, address *url.URL) *tokenSource {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {cfg.ClientID}}
	if strings.Contains(address.Path, "/v2.0/") {
		form.Set("scope", strings.TrimSuffix(cfg.Audience, "/")+"/.default")
	} else {
		form.Set("resource", cfg.Audience)
	}
	return &tokenSource{client: c, url: address, form: form, secret: cfg.Secret, turn: make(chan struct{}, 1)}
}

// newUserTokenSource makes the source of App+User tokens, nil if there is no file for their refresh token.
func newUserTokenSource(c *Client, cfg Config, address *url.URL) *tokenSource {
	if cfg.RefreshTokenFile == "" {
		return nil
	}
	s := newTokenSource(c, cfg, address)
	s.refresh = &refreshFile{path: cfg.RefreshTokenFile}
	s.form.Set("grant_type", "refresh_token")
	s.form.Set("scope", strings.TrimSpace("openid "+s.form.Get("scope")))
	return s
}

// get gives a token that is good for a while, signing in if need be. With an error it says what that means.
func (s *tokenSource) get(ctx context.Context) (*token, Entry, error) {
	if t := s.current.Load(); t != nil && s.client.now().Before(t.until) {
		return t, Entry{}, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, entrySignInFailed, context.Cause(ctx)
	}
	now := s.client.now()
	if t := s.current.Load(); t != nil && now.Before(t.until) {
		return t, Entry{}, nil
	}
	if s.err != nil && now.Sub(s.failed) < signInPause {
		return nil, s.entry, s.err
	}
	t, entry, err := s.signIn(ctx)
	if err != nil {
		s.err = nil
		if ctx.Err() == nil { // a call that was given up says nothing about the next
			s.failed, s.entry, s.err = s.client.now(), entry, err
			s.tell(ctx)
		}
		return nil, entry, err
	}
	s.err = nil
	s.current.Store(t)
	return t, Entry{}, nil
}

// tell logs that the sign-in is refused: no call can do anything about it, and most go on without saying so.
func (s *tokenSource) tell(ctx context.Context) {
	if s.entry.Class != Setup || !s.told.IsZero() && s.failed.Sub(s.told) < signInTold {
		return
	}
	s.told = s.failed
	s.client.log.LogAttrs(ctx, slog.LevelWarn, "sign-in refused", slog.String("code", s.entry.Word), slog.String("hint", s.entry.Hint), slog.String("cause", s.err.Error()))
}

// drop forgets a token that the vendor did not accept, unless a newer one is there already.
func (s *tokenSource) drop(t *token) { s.current.CompareAndSwap(t, nil) }

// signIn asks for a token. Neither the request nor the answer's text gets into an error.
func (s *tokenSource) signIn(ctx context.Context) (*token, Entry, error) {
	c := s.client
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeouts[opToken], expired[opToken])
	defer cancel()
	t, answer, err := s.ask(ctx)
	switch {
	case err == nil:
		return t, Entry{}, nil
	case errors.Is(err, errNoRefreshToken), errors.Is(err, errInvalidGrant) && s.refresh != nil:
		return nil, entryUserSignIn, err
	case answer.Outcome == Refused:
		return nil, entrySignInRefused, err
	}
	return nil, entrySignInFailed, err
}

// ask makes the exchange for a token. With a refresh token that is not accepted it looks once whether another replica has
// stored a newer one meanwhile.
func (s *tokenSource) ask(ctx context.Context) (*token, Answer, error) {
	if s.refresh == nil {
		t, _, answer, err := s.observed(ctx, "")
		return t, answer, err
	}
	old, err := s.refresh.read()
	if err != nil {
		return nil, Answer{Outcome: NotSent}, err
	}
	t, newest, answer, err := s.observed(ctx, old)
	if errors.Is(err, errInvalidGrant) {
		again, readErr := s.refresh.read()
		if readErr != nil || again == old {
			return nil, answer, err
		}
		old = again
		t, newest, answer, err = s.observed(ctx, old)
	}
	if err == nil && newest != "" && newest != old {
		if err := s.refresh.store(newest); err != nil { // the token is good all the same
			s.client.log.LogAttrs(ctx, slog.LevelWarn, "refresh token not stored", slog.String("cause", err.Error()))
		}
	}
	return t, answer, err
}

// observed makes one exchange, counted and logged.
func (s *tokenSource) observed(ctx context.Context, refresh string) (*token, string, Answer, error) {
	c := s.client
	started := c.now()
	answer := Answer{Outcome: NotSent}
	t, newest, cause := s.exchange(ctx, refresh, &answer)
	if cause != nil && ctx.Err() != nil {
		cause = context.Cause(ctx)
	}
	answer.Duration = c.now().Sub(started)
	c.observe(ctx, opToken, &answer, cause)
	return t, newest, answer, cause
}

func (s *tokenSource) exchange(ctx context.Context, refresh string, answer *Answer) (*token, string, error) {
	now := s.client.now()
	form, err := s.filled(refresh)
	if err != nil {
		return nil, "", err
	}
	g := &gate{now: s.client.now, cancel: func() {}} // the sign-in may share a host, and so connections, with the API
	req, err := http.NewRequestWithContext(g.traced(ctx, new(httptrace.ClientTrace)), http.MethodPost, s.url.String(), strings.NewReader(form))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.transport.RoundTrip(req)
	if err != nil {
		if !g.shut() {
			answer.Outcome = Unknown
		}
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	*answer = headers(resp, now)
	var buf bytes.Buffer
	if err := readAll(&buf, resp); err != nil {
		return nil, "", err
	}
	return readToken(answer, buf.Bytes(), now)
}

// filled gives the form with the secret. An error of the secret's source is named without its text, which may quote it.
func (s *tokenSource) filled(refresh string) (string, error) {
	secret, err := s.secret()
	if err != nil || secret == "" {
		return "", errors.New("partnercenter: the client secret cannot be read")
	}
	form := make(url.Values, len(s.form)+1)
	for k, v := range s.form {
		form[k] = v
	}
	form.Set("client_secret", secret)
	if s.refresh != nil {
		form.Set("refresh_token", refresh)
	}
	return form.Encode(), nil
}

// readToken reads the sign-in's answer and sets the outcome. newest is the refresh token that takes the place of the one used.
func readToken(answer *Answer, body []byte, now time.Time) (t *token, newest string, err error) {
	if answer.Status != http.StatusOK {
		answer.Outcome = Describe(answer.Status, "").Outcome
		word := errorWord(readProblem(body).word)
		if word == errInvalidGrant.Error() {
			return nil, "", fmt.Errorf("partnercenter: sign-in answered %d %w", answer.Status, errInvalidGrant)
		}
		return nil, "", fmt.Errorf("partnercenter: sign-in answered %d %s", answer.Status, word)
	}
	var b tokenBody
	if err := decodeInto(body, &b); err != nil {
		return nil, "", err
	}
	if !b.complete() {
		return nil, "", errors.New("partnercenter: sign-in answered without a usable token")
	}
	answer.Outcome = Done
	life := time.Duration(min(b.seconds, 24*3600)) * time.Second
	if life <= 0 {
		life = tokenLifetime
	}
	return &token{header: []string{"Bearer " + b.access}, until: now.Add(life - min(tokenEarly, life/2))}, b.refresh, nil
}

// errorWord lets through what the standard allows as an error word (such as invalid_client), nothing longer or odder.
func errorWord(w string) string {
	if len(w) > 40 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return w
}

// tokenBody reads a token answer. Lifetimes come as strings from the older form.
type tokenBody struct {
	access  string
	refresh string
	seconds int64
}

func (b *tokenBody) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "access_token":
			b.access = r.text()
		case "refresh_token":
			b.refresh = r.text()
		case "expires_in":
			b.seconds = r.integer()
		}
	}
}

// complete says whether the token can stand in a header.
func (b *tokenBody) complete() bool {
	for i := range len(b.access) {
		if c := b.access[i]; c <= ' ' || c > '~' {
			return false
		}
	}
	return b.access != ""
}
