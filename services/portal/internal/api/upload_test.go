package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/portal/internal/api"
)

const uploadPath = "/api/licensing/orders/" + orderID + "/purchase-order"

// wanting is an order whose review asks for the customer's purchase order.
func wanting() *intakev1.BookOrder {
	b := booked(orderv1.Status_STATUS_WAITING_ON_VENDOR, "fulfillment")
	b.View.Lines[0].Code, b.View.Lines[0].WaitsFor = "purchase_order_needed", orderv1.Owner_OWNER_PARTNER
	return b
}

// form writes a purchase order's form: a file's name and content, then names and values in turn.
func form(t *testing.T, name string, content []byte, fields ...string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if content != nil {
		part, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestUploadPurchaseOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: wanting()}))
	b.services.on(contract.AttachPurchaseOrder, says(&fulfillmentv1.AttachPurchaseOrderResponse{
		View: &orderv1.View{Status: orderv1.Status_STATUS_WAITING_ON_VENDOR, Sentence: "Being sent."}, Position: &orderv1.Position{Owner: "fulfillment", Sequence: 4},
	}))
	largest := bytes.Repeat([]byte{'\n'}, api.MaxPurchaseOrder)
	contentType, body := form(t, "po 4711 ü.pdf", largest, "customer_price", "14250.00", "currency", "USD", "fx_rate", "1.0842",
		"part_of_tender", "true", "tender_link", "https://tenders.example/4711")
	r := b.do("carla", http.MethodPost, uploadPath, body, "Content-Type", contentType, "Idempotency-Key", "k")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"status": "waiting_on_vendor", "sentence": "Being sent.", "owner": "fulfillment"})
	sent := b.services.to(contract.AttachPurchaseOrder)[0]
	want := &fulfillmentv1.AttachPurchaseOrderRequest{
		OrderId: orderID, PurchaseOrder: &fulfillmentv1.File{Name: "po 4711 ü.pdf", Content: largest},
		CustomerPrice: &orderv1.Money{Amount: "14250.00", Currency: "USD"}, FxRate: "1.0842", PartOfTender: true, TenderLink: "https://tenders.example/4711",
	}
	if !proto.Equal(sent.req, want) || sent.meta.Key != "k" {
		t.Errorf("sent under the key %q", sent.meta.Key)
	}
}

func TestWhoMayUpload(t *testing.T) {
	t.Parallel()
	for who, status := range map[string]int{"john": 200, "emily": 200, "carla": 200, "frank": 403, "billing": 403, "": 401} {
		b := newBench(t)
		b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: wanting()}))
		b.services.on(contract.AttachPurchaseOrder, says(&fulfillmentv1.AttachPurchaseOrderResponse{View: &orderv1.View{}}))
		contentType, body := form(t, "po.pdf", []byte("x"), "customer_price", "1", "currency", "USD")
		b.do(who, http.MethodPost, uploadPath, body, "Content-Type", contentType).want(t, status, "")
		order := b.do(who, http.MethodGet, "/api/licensing/orders/"+orderID, "")
		if link, want := order.at("links", "purchase_order"), status == 200; (link == uploadPath) != want {
			t.Errorf("%s is shown the link %v", who, link)
		}
	}
}

func TestBadUploads(t *testing.T) {
	t.Parallel()
	good := []string{"customer_price", "1", "currency", "USD"}
	for name, c := range map[string]struct {
		name    string
		content []byte
		fields  []string
		code    string
		field   string
	}{
		"no file":                    {"", nil, good, "required", "file"},
		"an empty file":              {"po.pdf", []byte{}, good, "too_small", "file"},
		"a file too large":           {"po.pdf", make([]byte, api.MaxPurchaseOrder+1), good, "too_large", "file"},
		"a name that is none":        {"po\u202e.pdf", []byte("x"), good, "bad_name", "file"},
		"a name too long":            {strings.Repeat("p", 121), []byte("x"), good, "bad_name", "file"},
		"no price":                   {"po.pdf", []byte("x"), good[2:], "required", "customer_price"},
		"a price with a comma":       {"po.pdf", []byte("x"), []string{"customer_price", "1,5", "currency", "USD"}, "bad_format", "customer_price"},
		"a small currency":           {"po.pdf", []byte("x"), []string{"customer_price", "1", "currency", "usd"}, "bad_format", "currency"},
		"a rate that is none":        {"po.pdf", []byte("x"), append([]string{"fx_rate", "-1"}, good...), "bad_format", "fx_rate"},
		"a tender without link":      {"po.pdf", []byte("x"), append([]string{"part_of_tender", "true"}, good...), "required", "tender_link"},
		"a link that is none":        {"po.pdf", []byte("x"), append([]string{"tender_link", "javascript:1"}, good...), "bad_format", "tender_link"},
		"a tender perhaps":           {"po.pdf", []byte("x"), append([]string{"part_of_tender", "maybe"}, good...), "bad_format", "part_of_tender"},
		"a field that is unknown":    {"po.pdf", []byte("x"), append([]string{"colour", "red"}, good...), "unknown_field", "colour"},
		"an unknown one without end": {"po.pdf", []byte("x"), append([]string{strings.Repeat("c", 5000), "red"}, good...), "unknown_field", "form"},
		"an unknown one with tricks": {"po.pdf", []byte("x"), append([]string{"co\u202elour", "red"}, good...), "unknown_field", "form"},
		"a field twice":              {"po.pdf", []byte("x"), append([]string{"currency", "USD"}, good...), "duplicate_field", "currency"},
		"a field without end":        {"po.pdf", []byte("x"), append([]string{"fx_rate", strings.Repeat("1", 2001)}, good...), "too_long", "fx_rate"},
	} {
		b := newBench(t)
		b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: wanting()}))
		contentType, body := form(t, c.name, c.content, c.fields...)
		r := b.do("emily", http.MethodPost, uploadPath, body, "Content-Type", contentType)
		r.want(t, http.StatusBadRequest, c.code)
		if got := r.at("errors", 0, "field"); got != c.field {
			t.Errorf("%s: the fault is at %v, want %s", name, got, c.field)
		}
		if len(b.services.to(contract.AttachPurchaseOrder)) > 0 {
			t.Errorf("%s was sent on", name)
		}
	}
}

func TestUploadsThatAreNoForm(t *testing.T) {
	t.Parallel()
	contentType, body := form(t, "po.pdf", make([]byte, 600<<10), "customer_price", "1")
	for name, c := range map[string]struct {
		contentType, body string
		status            int
		code, detail      string
	}{
		"JSON":       {"application/json", `{"file": "x"}`, http.StatusUnsupportedMediaType, "not_a_form", "multipart/form-data"},
		"cut off":    {contentType, body[:500], http.StatusBadRequest, "malformed_form", "broken off"},
		"no parts":   {contentType, "hello", http.StatusBadRequest, "invalid_input", "not valid"},
		"much more":  {contentType, body + body, http.StatusRequestEntityTooLarge, "body_too_large", "larger than 576 KiB"},
		"nothing":    {contentType, "", http.StatusBadRequest, "", ""},
		"without an": {"multipart/form-data", body[:500], http.StatusUnsupportedMediaType, "not_a_form", "multipart/form-data"},
	} {
		b := newBench(t)
		b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: wanting()}))
		r := b.do("emily", http.MethodPost, uploadPath, c.body, "Content-Type", c.contentType)
		r.want(t, c.status, c.code)
		if detail, _ := r.json["detail"].(string); !strings.Contains(detail, c.detail) {
			t.Errorf("%s: %s", name, detail)
		}
	}
}

func TestNudge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: wanting()}))
	b.services.on(contract.NudgeOrder, says(&fulfillmentv1.NudgeResponse{View: &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING}}))
	const path = "/api/licensing/orders/" + orderID + "/nudge"
	r := b.do("emily", http.MethodPost, path, "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"status": "processing", "links.nudge": path})
	if got := b.services.to(contract.NudgeOrder)[0].req.(*fulfillmentv1.NudgeRequest).GetOrderId(); got != orderID {
		t.Errorf("nudged %s", got)
	}
	b.do("carla", http.MethodPost, path, "").want(t, http.StatusForbidden, "role_not_allowed")
	early := newBench(t) // fulfillment does not answer, and by the book the order has not come to it
	early.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	early.do("emily", http.MethodPost, path, "").want(t, http.StatusConflict, "nothing_to_look_at")
}
