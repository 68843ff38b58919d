package tasktable

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// maxItemBytes is DynamoDB's limit for an item, attribute names included.
const maxItemBytes = 400 << 10

// size is what a value counts in an item, never less than DynamoDB takes it
// for ("DynamoDB item sizes and formats").
func size(value types.AttributeValue) int {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return len(value.Value)
	case *types.AttributeValueMemberB:
		return len(value.Value)
	case *types.AttributeValueMemberN:
		return len(value.Value)/2 + 3 // a byte for two digits, one more, one for a sign
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
