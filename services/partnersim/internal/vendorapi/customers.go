package vendorapi

import (
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

func itoa(n int) string { return strconv.Itoa(n) }

const templateID = "117a77b0-9360-443b-8795-c6dedc750cf9"

// account reads the call's customer, which need not be one that the partner may sell to.
func (s *Server) account(c *call) (world.Customer, world.Account, *world.Refusal) {
	return s.World.Account(c.customer)
}

func (s *Server) getCustomer(c *call) (int, *world.Refusal) {
	customer, _, refusal := s.account(c)
	if refusal != nil {
		return 0, refusal
	}
	id := customer.ID.String()
	domain := "c" + strings.ReplaceAll(id, "-", "")[20:] + ".onmicrosoft.com"
	relation := "reseller"
	if !customer.Relationship {
		relation = "none"
	}
	address := document{"country": customer.Country, "region": "WA", "state": "WA", "city": "Redmond", "addressLine1": "1 Example Way",
		"postalCode": "98052", "firstName": "Tania", "lastName": "Carr", "phoneNumber": "1234567890"}
	self := func(what string) document { return document{"self": link("/customers/" + id + what)} }
	return c.say(document{
		"id": id, "commerceId": world.NewID(s.Key, binary.BigEndian.Uint64(customer.ID[8:])).String(), "relationshipToPartner": relation,
		"allowDelegatedAccess": customer.Relationship, "customDomains": []string{domain},
		"companyProfile": document{
			"tenantId": id, "domain": domain, "companyName": customer.Name, "address": address, "email": "admin@" + domain,
			"links": self("/profiles/company"), "attributes": objectType("CustomerCompanyProfile"),
		},
		"billingProfile": document{
			"id": world.NewID(^s.Key, binary.BigEndian.Uint64(customer.ID[8:])).String(), "email": "admin@" + domain, "firstName": "Tania", "lastName": "Carr", "culture": "en-US", "language": "en",
			"companyName": customer.Name, "defaultAddress": address, "links": self("/profiles/billing"),
			"attributes": document{"etag": "-4242348048554929329", "objectType": "CustomerBillingProfile"},
		},
		"links": self(""), "attributes": objectType("Customer"),
	}), nil
}

const (
	customerAgreement = "MicrosoftCustomerAgreement"
	cloudAgreement    = "MicrosoftCloudAgreement"
)

// listAgreements tells what the partner has confirmed. Without a type the old cloud agreement is meant, which nobody has.
func (s *Server) listAgreements(c *call) (int, *world.Refusal) {
	_, account, refusal := s.account(c)
	if refusal != nil {
		return 0, refusal
	}
	kind := c.request.URL.Query().Get("agreementType")
	var items []document
	switch {
	case kind == "", strings.EqualFold(kind, cloudAgreement), kind == "*":
	case !strings.EqualFold(kind, customerAgreement):
		return 0, world.ErrEnum
	}
	if (strings.EqualFold(kind, customerAgreement) || kind == "*") && !account.AgreedAt.IsZero() {
		items = append(items, document{
			"primaryContact": document{"firstName": "Tania", "lastName": "Carr", "email": "tania@customer.example", "phoneNumber": "1234567890"},
			"templateId":     templateID, "dateAgreed": local(account.AgreedAt), "type": customerAgreement, "agreementLink": "https://aka.ms/customeragreement",
		})
	}
	d := collection(items, "")
	delete(d, "attributes")
	return c.say(d), nil
}

func (s *Server) getDirectSignStatus(c *call) (int, *world.Refusal) {
	_, account, refusal := s.account(c)
	if refusal != nil {
		return 0, refusal
	}
	return c.say(document{"isSigned": account.DirectSigned}), nil
}

func (s *Server) listQualifications(c *call) (int, *world.Refusal) {
	_, account, refusal := s.account(c)
	if refusal != nil {
		return 0, refusal
	}
	list := []document{}
	for _, q := range account.Qualifications {
		d := document{"qualification": q.Name}
		if q.Vetting != "" {
			d["vettingStatus"], d["vettingCreatedDate"] = q.Vetting, moment(q.VettingAt)
		}
		list = append(list, d)
	}
	if len(list) == 0 {
		list = append(list, document{"qualification": "None"})
	}
	return c.say(list), nil
}

func (s *Server) getValidationStatus(c *call) (int, *world.Refusal) {
	_, account, refusal := s.account(c)
	switch {
	case refusal != nil:
		return 0, refusal
	case !strings.EqualFold(c.request.URL.Query().Get("type"), "account"):
		return 0, world.ErrInvalidProperty
	case account.Status == world.AccountMissing:
		return c.shape2(world.ErrNoAccount, "AccountStatusNotFound"), nil
	}
	return c.say(document{"type": "account", "status": account.Status, "lastUpdateDateTime": local(account.StatusAt)}), nil
}

// listSubscribedSKUs tells how many licences the customer has and uses, by licensing id.
func (s *Server) listSubscribedSKUs(c *call) (int, *world.Refusal) {
	licences, refusal := s.World.Licences(c.now, c.customer)
	if refusal != nil {
		return 0, refusal
	}
	group := c.request.URL.Query().Get("licenseGroupIds")
	var items []document
	for _, l := range licences {
		if group != "" && group != "group1" {
			break
		}
		state, total := "Enabled", l.Active+l.Suspended
		if l.Active == 0 {
			state = "Suspended"
		}
		items = append(items, document{
			"availableUnits": l.Active - l.Consumed, "activeUnits": l.Active, "consumedUnits": l.Consumed, "suspendedUnits": l.Suspended,
			"totalUnits": total, "warningUnits": 0, "capabilityStatus": state,
			"servicePlans": []document{{
				"displayName": l.Item.Title, "serviceName": partNumber(l.Item), "id": l.Item.Provisioning, "capabilityStatus": state, "targetType": "User",
			}},
			"productSku": document{
				"id": l.Item.Provisioning, "name": l.Item.Title, "skuPartNumber": partNumber(l.Item),
				"targetType": "User", "licenseGroupId": "group1",
			},
			"attributes": objectType("SubscribedSku"),
		})
	}
	return c.say(collection(items, "")), nil
}

func partNumber(i *world.Item) string { return strings.ToUpper(strings.ReplaceAll(i.Title, " ", "_")) }

// getLicenceStatus tells how far a subscription's licences are.
func (s *Server) getLicenceStatus(c *call) (int, *world.Refusal) {
	v, refusal := s.namedSubscription(c)
	if refusal != nil {
		return 0, refusal
	}
	status := "success"
	if v.Accepted {
		status = "pending"
	}
	return c.say(document{
		"skuId": v.Item.Provisioning, "status": status, "quantity": v.Quantity, "endDate": moment(v.EndsAt),
		"attributes": objectType("SubscriptionProvisioningStatus"),
	}), nil
}

// namedSubscription reads the subscription of the path.
func (s *Server) namedSubscription(c *call) (world.Subscription, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return world.Subscription{}, refusal
	}
	return s.World.Subscription(c.now, c.customer, id)
}

func (s *Server) listAddOns(c *call) (int, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	list, refusal := s.World.AddOns(c.now, c.customer, id)
	if refusal != nil {
		return 0, refusal
	}
	c.out = appendCollection(c.out, len(list), nil, func(b []byte, n int) []byte { return appendSubscription(b, &list[n]) })
	return http.StatusOK, nil
}

func (s *Server) register(c *call) (int, *world.Refusal) {
	id, refusal := c.subscriptionID()
	if refusal != nil {
		return 0, refusal
	}
	if refusal := s.World.Register(c.now, c.customer, id, c.by()); refusal != nil {
		return 0, refusal
	}
	c.location = c.under("subscriptions/" + id.String() + "/registrationstatus")
	return http.StatusAccepted, nil
}

func (s *Server) getRegistration(c *call) (int, *world.Refusal) {
	v, refusal := s.namedSubscription(c)
	if refusal != nil {
		return 0, refusal
	}
	status := "NotRegistered"
	switch {
	case v.Registered.IsZero():
	case c.now.Before(v.Registered):
		status = "registering"
	default:
		status = "registered"
	}
	return c.say(document{
		"subscriptionId": v.ID.String(), "status": status, "attributes": objectType("SubscriptionRegistrationStatus"),
	}), nil
}
