package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	// refreshEvery is how often keys are fetched without being asked for.
	refreshEvery = time.Hour
	// askAtMost is how often an unknown key may make us fetch; while fetching fails, askAgain is.
	askAtMost = 30 * time.Second
	askAgain  = 2 * time.Second
	// retryFirst and retryLast bound the wait after a failed fetch.
	retryFirst, retryLast = time.Second, time.Minute
	fetchTimeout          = 10 * time.Second
	// patience is how long a request waits for keys.
	patience   = 2 * time.Second
	maxKeysDoc = 1 << 20
)

var errKeys = fault.New(fault.Unavailable, "issuer_unreachable", "The issuer of your token cannot be asked for its keys at the moment.").
	Hinted("Try again in a few seconds.").After(5 * time.Second)

// remoteKeys holds a provider's keys. One goroutine fetches them; requests only read, ask and wait.
type remoteKeys struct {
	url     string
	client  *http.Client
	log     *slog.Logger
	changed func()        // called when other keys take the place of those held
	wanted  chan struct{} // of one: somebody met a key that we do not hold

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	failing bool          // the last fetch failed
	asked   time.Time     // when an unknown key last made us fetch
	next    chan struct{} // closed at the end of each fetch, then replaced
}

func newRemoteKeys(url string, client *http.Client, log *slog.Logger, changed func()) *remoteKeys {
	return &remoteKeys{url: url, client: client, log: log, changed: changed, wanted: make(chan struct{}, 1), next: make(chan struct{})}
}

// run fetches at once, then at intervals and when asked, until ctx ends.
func (k *remoteKeys) run(ctx context.Context) {
	wait := retryFirst
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-k.wanted:
		}
		keys, err := k.fetch(ctx)
		k.store(keys, err)
		if err != nil && ctx.Err() == nil {
			k.log.Warn("issuer keys not fetched", "issuer", k.url, "error", err)
			timer.Reset(wait)
			wait = min(2*wait, retryLast)
			continue
		}
		wait = retryFirst
		timer.Reset(refreshEvery)
	}
}

func (k *remoteKeys) store(keys []jose.JSONWebKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failing = err != nil; !k.failing {
		if len(k.keys) == 0 {
			k.asked = time.Time{} // asking for the first keys was not asking for an unknown one, and is done
			select {
			case <-k.wanted:
			default:
			}
		}
		changed := len(k.keys) > 0 && !reflect.DeepEqual(k.keys, keys)
		k.keys = keys
		if changed {
			k.changed() // after the new keys are in place: nothing is remembered by the old ones any more
		}
	}
	close(k.next)
	k.next = make(chan struct{})
}

// fetch discovers where the keys are, which also compares the issuer's name, and reads them.
func (k *remoteKeys) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeoutCause(oidc.ClientContext(ctx, k.client), fetchTimeout, errors.New("issuer: keys timeout"))
	defer cancel()
	provider, err := oidc.NewProvider(ctx, k.url)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&doc); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, doc.Keys, nil)
	if err != nil {
		return nil, err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeysDoc))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", doc.Keys, resp.Status)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("%s: %w", doc.Keys, err)
	}
	if len(set.Keys) == 0 {
		return nil, fmt.Errorf("%s holds no keys", doc.Keys)
	}
	return set.Keys, nil
}

// ensure returns when the key that a token names is at hand, or cannot be had for now. It asks for a fetch when the
// provider may have a key that we do not know yet, at most every askAtMost.
func (k *remoteKeys) ensure(ctx context.Context, keyID string) error {
	next, wait := k.look(keyID)
	if !wait {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("issuer: no keys in time"))
	defer cancel()
	select {
	case <-next:
	case <-ctx.Done():
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) == 0 || k.failing && !k.holds(keyID) {
		return errKeys
	}
	return nil
}

// look says whether to wait for the fetch under way, and asks for one where that is due.
func (k *remoteKeys) look(keyID string) (next <-chan struct{}, wait bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.holds(keyID) {
		return nil, false
	}
	pause := askAtMost
	if k.failing {
		pause = askAgain
	}
	if time.Since(k.asked) < pause {
		return k.next, len(k.keys) == 0 // with keys at hand, an unknown one is refused until we may ask again
	}
	k.asked = time.Now()
	select {
	case k.wanted <- struct{}{}:
	default:
	}
	return k.next, true
}

// holds says whether a token that names this key can be judged. One that names none is tried with all.
func (k *remoteKeys) holds(keyID string) bool {
	for _, key := range k.keys {
		if keyID == "" || key.KeyID == keyID {
			return true
		}
	}
	return false
}

// VerifySignature implements oidc.KeySet. The algorithm was checked by the verifier before.
func (k *remoteKeys) VerifySignature(_ context.Context, token string) ([]byte, error) {
	algs := make([]jose.SignatureAlgorithm, len(algorithms))
	for i, a := range algorithms {
		algs[i] = jose.SignatureAlgorithm(a)
	}
	jws, err := jose.ParseSignedCompact(token, algs)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	keys := k.keys
	k.mu.Unlock()
	keyID := jws.Signatures[0].Header.KeyID
	for _, key := range keys {
		if keyID != "" && key.KeyID != keyID {
			continue
		}
		if payload, err := jws.Verify(&key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of the issuer verifies the signature")
}
