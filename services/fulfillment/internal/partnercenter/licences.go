package partnercenter

import "context"

// SubscribedSKU is how many licences of a kind a customer has and uses, over all subscriptions of that kind.
type SubscribedSKU struct {
	ID         string // the licensing GUID: SKU.ProvisioningID, SubscriptionProvisioning.SKUID
	Name       string
	PartNumber string
	GroupID    string // licence group: group1 is Entra ID, group2 Minecraft
	Status     string // enabled, warning, suspended, deleted, locked_out

	Total, Active, Consumed, Available, Suspended, Warning int64 // licences; consumed are assigned to users
}

// ListSubscribedSKUs reads a customer's licences. It wants a signed-in user.
func (c *Client) ListSubscribedSKUs(ctx context.Context, ex Exchange, customer string) ([]SubscribedSKU, Answer, error) {
	return listed[SubscribedSKU](ctx, c, ex, request{op: opListSubscribedSKUs, path: []string{"customers", customer, "subscribedskus"}})
}

func (s *SubscribedSKU) complete() bool { return s.ID != "" }

func (s *SubscribedSKU) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "productsku":
			s.readSKU(r)
		case "capabilitystatus":
			s.Status = r.enum()
		case "totalunits":
			s.Total = r.integer()
		case "activeunits":
			s.Active = r.integer()
		case "consumedunits":
			s.Consumed = r.integer()
		case "availableunits":
			s.Available = r.integer()
		case "suspendedunits":
			s.Suspended = r.integer()
		case "warningunits":
			s.Warning = r.integer()
		}
	}
}

func (s *SubscribedSKU) readSKU(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			s.ID = r.text()
		case "name":
			s.Name = r.text()
		case "skupartnumber":
			s.PartNumber = r.text()
		case "licensegroupid":
			s.GroupID = r.text()
		}
	}
}
