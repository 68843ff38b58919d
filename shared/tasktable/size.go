package tasktable

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// maxItemBytes is DynamoDB's limit for an item, attribute names included
// ("Quotas in Amazon DynamoDB").
const maxItemBytes = 400 << 10

// The parts of an item have fixed shares of maxItemBytes, so that any
// announcement fits beside any delivery, whichever is recorded first, and what
// is omitted from one does not depend on the other.
const (
	// taskBytes is for the key, the start of a run, duration_ms, and the marks
	// of what is omitted.
	taskBytes = 4 << 10
	// deliveryBytes is for a delivery: about 1,000 URIs.
	deliveryBytes = 128 << 10
	// announcementBytes is for an announcement. It exceeds the 256 KB of an SNS
	// message ("Amazon SNS endpoints and quotas") by enough for the attributes'
	// names and SNS's metadata, so nothing is omitted from a message that came
	// through SNS: at worst, its documents are stored as text.
	announcementBytes = maxItemBytes - taskBytes - deliveryBytes
)

// size is what a value adds to an item's size, in bytes. It is never less than
// what DynamoDB counts ("DynamoDB item sizes and formats").
func size(value types.AttributeValue) int {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return len(value.Value)
	case *types.AttributeValueMemberB:
		return len(value.Value)
	case *types.AttributeValueMemberN:
		return len(value.Value)/2 + 3 // a byte per two digits, one more, and one for a sign
	case *types.AttributeValueMemberL:
		total := 3
		for _, element := range value.Value {
			total += 1 + size(element)
		}
		return total
	case *types.AttributeValueMemberM:
		total := 3
		for name, member := range value.Value {
			total += 1 + len(name) + size(member)
		}
		return total
	}
	return 1
}

// setList sets an attribute to as many of a list's first elements as there is room
// for. If it leaves some out, it sets omittedAttribute to their number. It reports
// whether the list is complete.
func setList(u *update, attribute, omittedAttribute string, values []string, room int) (complete bool) {
	kept := fitting(values, room-len(attribute))
	u.set(attribute, texts(kept))
	left := len(values) - len(kept)
	if left > 0 {
		u.set(omittedAttribute, number(int64(left)))
	}
	return left == 0
}

// fitting returns the first elements of a list that fit into room as an attribute's
// value.
func fitting(values []string, room int) []string {
	room -= size(texts(nil))
	for i, value := range values {
		if room -= 1 + len(value); room < 0 { // as size counts an element
			return values[:i]
		}
	}
	return values
}
