package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	multipartType = "multipart/form-data"
	// MaxPurchaseOrder is the size of the largest purchase order, in bytes.
	MaxPurchaseOrder = 512 << 10
	// maxUpload is MaxPurchaseOrder with room for the form around it.
	maxUpload = MaxPurchaseOrder + 64<<10
	// maxFormField bounds one field of the form that is no file, in bytes.
	maxFormField = 2000
	maxFileName  = 120
	// maxFieldName is the longest name of a field that is repeated to the client, in bytes.
	maxFieldName = 64
)

type nudgeInput struct {
	OneOrder
	Key
}

type uploadInput struct {
	OneOrder
	Key
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte `contentType:"multipart/form-data"`
}

// uploaders are who may hand in the customer's purchase order. That a customer's admin does so for the own organization
// only is seen to by the look at the order.
var uploaders = access{orderv1.Role_ROLE_ADMIN, orderv1.Role_ROLE_TECHNICIAN, orderv1.Role_ROLE_CUSTOMER_ADMIN}

func (s *Server) waiting() {
	tags := []string{"Decisions"}
	register(s, huma.Operation{
		OperationID: "nudge-order", Method: http.MethodPost, Path: ordersPath + "/{id}/nudge", Tags: tags, Summary: "Have an order looked at now",
		Description: "Everything that the order waits for is looked at at once instead of at its time. It buys nothing. For admins and technicians.",
	}, staff, s.nudge)
	register(s, huma.Operation{
		OperationID: "upload-purchase-order", Method: http.MethodPost, Path: ordersPath + "/{id}/purchase-order", Tags: tags,
		Summary:      "Upload the customer's purchase order",
		Description:  "For an order whose review asks for one. For admins, technicians and the customer's own admins.",
		MaxBodyBytes: maxUpload,
	}, uploaders, s.upload)
}

func (s *Server) nudge(ctx context.Context, in *nudgeInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	req := &fulfillmentv1.NudgeRequest{OrderId: b.GetOrder().GetId()}
	return s.run(ctx, b, command{first: contract.Fulfillment, notYet: notSent, at: only(contract.Fulfillment, func() question {
		return question{contract.NudgeOrder, req, new(fulfillmentv1.NudgeResponse)}
	})}, in.IdempotencyKey)
}

func (s *Server) upload(ctx context.Context, in *uploadInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	req, err := purchaseOrder(in.ContentType, in.RawBody)
	if err != nil {
		return nil, err
	}
	req.OrderId = b.GetOrder().GetId()
	return s.run(ctx, b, command{first: contract.Fulfillment, notYet: notSent, at: only(contract.Fulfillment, func() question {
		return question{contract.AttachPurchaseOrder, req, new(fulfillmentv1.AttachPurchaseOrderResponse)}
	})}, in.IdempotencyKey)
}

// form is a purchase order's form while it is read.
type form struct {
	fields map[string]string
	name   string
	file   []byte
	faults []fault.Violation
}

var formFields = []string{"file", "customer_price", "currency", "fx_rate", "part_of_tender", "tender_link"}

// purchaseOrder reads the form; every fault of it is told.
func purchaseOrder(contentType string, body []byte) (*fulfillmentv1.AttachPurchaseOrderRequest, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != multipartType || params["boundary"] == "" {
		return nil, &Problem{
			Type: "/docs#problem-invalid", Title: "The body is not a form", Status: http.StatusUnsupportedMediaType, Code: "not_a_form",
			Detail: "The purchase order must come as multipart/form-data.", Hint: "With curl, give each field by -F.",
		}
	}
	f := form{fields: map[string]string{}}
	reader := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = f.read(part)
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "malformed_form", "The form is broken off or malformed.").Because(err)
		}
	}
	return f.request()
}

func (f *form) fault(field, code, message, hint string) {
	f.faults = append(f.faults, fault.Violation{Field: field, Code: code, Message: message, Hint: hint})
}

// read takes one part in. An error says that the form cannot be read further.
func (f *form) read(part *multipart.Part) error {
	content, err := io.ReadAll(part) // the body is bounded already
	if err != nil {
		return err
	}
	name := part.FormName()
	_, twice := f.fields[name]
	switch {
	case !slices.Contains(formFields, name):
		f.fault(firstOf(echoed(name), "form"), "unknown_field", "There is no such field.", "The fields are "+strings.Join(formFields, ", ")+".")
	case twice:
		f.fault(name, "duplicate_field", "The field is there twice.", "")
	case name == "file":
		f.fields[name], f.name, f.file = "", part.FileName(), content
	case len(content) > maxFormField || !utf8.Valid(content):
		f.fields[name] = ""
		f.fault(name, "too_long", fmt.Sprintf("The field must be a text of at most %d bytes.", maxFormField), "")
	default:
		f.fields[name] = strings.TrimSpace(string(content))
	}
	return nil
}

// echoed is a field's name as a client may be told it, empty if that is not to be repeated.
func echoed(name string) string {
	if len(name) > maxFieldName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return name
}

// formPatterns are what the texts must look like, with an example.
var formPatterns = []struct {
	field    string
	pattern  *regexp.Regexp
	required bool
	hint     string
}{
	{"customer_price", regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`), true, "Give what the customer pays, such as 14250.00."},
	{"currency", regexp.MustCompile(`^[A-Z]{3}$`), true, "Give an ISO 4217 code such as USD."},
	{"fx_rate", regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`), false, "Give a decimal such as 1.0842, or leave it out if the customer pays in your currency."},
	{"part_of_tender", regexp.MustCompile(`^(true|false)$`), false, "Give true or false."},
	{"tender_link", regexp.MustCompile(`^https?://[^\s]{1,490}$`), false, "Give an address on the web of at most 500 characters."},
}

func (f *form) request() (*fulfillmentv1.AttachPurchaseOrderRequest, error) {
	for _, p := range formPatterns {
		switch value := f.fields[p.field]; {
		case value == "" && p.required:
			f.fault(p.field, "required", "This field is required.", p.hint)
		case value != "" && !p.pattern.MatchString(value):
			f.fault(p.field, "bad_format", "The value does not have the right form.", p.hint)
		}
	}
	if f.fields["part_of_tender"] == "true" && f.fields["tender_link"] == "" {
		f.fault("tender_link", "required", "A purchase that is part of a tender needs the tender's link.", "")
	}
	f.checkFile()
	if len(f.faults) > 0 {
		first := f.faults[0]
		if len(f.faults) == 1 {
			return nil, fault.New(fault.Invalid, first.Code, first.Field+": "+first.Message).Hinted(first.Hint).With(first)
		}
		return nil, fault.New(fault.Invalid, "invalid_input", "The purchase order is not valid.").With(f.faults...)
	}
	return &fulfillmentv1.AttachPurchaseOrderRequest{
		PurchaseOrder: &fulfillmentv1.File{Name: f.name, Content: f.file},
		CustomerPrice: &orderv1.Money{Amount: f.fields["customer_price"], Currency: f.fields["currency"]},
		FxRate:        f.fields["fx_rate"], PartOfTender: f.fields["part_of_tender"] == "true", TenderLink: f.fields["tender_link"],
	}, nil
}

func (f *form) checkFile() {
	const field = "file"
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == '\\' }
	switch _, there := f.fields[field]; {
	case !there:
		f.fault(field, "required", "The purchase order itself is missing.", "Send it as a file.")
	case f.name == "":
		f.fault(field, "required", "The file has no name.", "Send it as a file with its name, such as po-4711.pdf.")
	case utf8.RuneCountInString(f.name) > maxFileName || !utf8.ValidString(f.name) || strings.ContainsFunc(f.name, odd):
		f.fault(field, "bad_name", fmt.Sprintf("The file's name must be plain text of at most %d characters.", maxFileName), "Rename it.")
	case len(f.file) == 0:
		f.fault(field, "too_small", "The file is empty.", "")
	case len(f.file) > MaxPurchaseOrder:
		f.fault(field, "too_large", fmt.Sprintf("The file has %d KiB; at most %d are taken.", (len(f.file)+1023)>>10, MaxPurchaseOrder>>10),
			"Send a smaller scan, or upload it in Partner Center.")
	}
}

// describeUpload is the form as the documents show it.
func describeUpload(op *huma.Operation) {
	text := func(doc, example string, longest int) *huma.Schema {
		s := &huma.Schema{Type: huma.TypeString, Description: doc, Examples: []any{example}}
		if longest > 0 {
			s.MaxLength = &longest
		}
		return s
	}
	op.RequestBody.Required = true
	op.RequestBody.Content = map[string]*huma.MediaType{multipartType: {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file", "customer_price", "currency"},
		Properties: map[string]*huma.Schema{
			"file":           {Type: huma.TypeString, Format: "binary", Description: "The purchase order, with its name; at most 512 KiB.", Examples: []any{"@po-4711.pdf"}},
			"customer_price": text("What the customer pays: digits with at most four decimals.", "14250.00", 0),
			"currency":       text("ISO 4217 code.", "USD", 0),
			"fx_rate":        text("The rate into your currency, if the customer pays in another.", "1.0842", 0),
			"part_of_tender": {Type: huma.TypeBoolean, Description: "The purchase is part of a tender; then tender_link is needed.", Examples: []any{"false"}},
			"tender_link":    text("Where the tender can be read.", "https://tenders.example/4711", 500),
		},
	}}}
}
