"""The columns that every tool writes: those of AWS's table, the event's time typed, the file."""

TEXTS = """eventVersion eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode
errorMessage requestID eventID eventType apiVersion recipientAccountId sharedEventID vpcEndpointId
vpcEndpointAccountId eventCategory sessionCredentialFromConsole""".split()
BOOLEANS = ["readOnly", "managementEvent"]
JSON = """requestParameters responseElements additionalEventData serviceEventDetails edgeDeviceDetails
insightDetails eventContext""".split()

_ISSUER = {name: str for name in "type principalId arn accountId userName".split()}
_SESSION = {
    "attributes": {"mfaAuthenticated": str, "creationDate": str},
    "sessionIssuer": _ISSUER,
    "webIdFederationData": {"federatedProvider": str},
    "sourceIdentity": str,
    "ec2RoleDelivery": str,
}
_IDENTITY = {name: str for name in "type principalId arn accountId invokedBy accessKeyId userName".split()}
STRUCTS = {
    "userIdentity": _IDENTITY | {"sessionContext": _SESSION},
    "tlsDetails": {"tlsVersion": str, "cipherSuite": str, "clientProvidedHostHeader": str},
    "addendum": {name: str for name in "reason updatedFields originalRequestID originalEventID".split()},
}
RESOURCE = {"ARN": str, "accountId": str, "type": str}

# What a tool reads from the path of a file: a log's, below the folder of its source.
PATH = r"AWSLogs/(?:o-[a-z0-9]+/)?([0-9]{12})/CloudTrail[^/]*/([^/]+)/"

# By these columns two outputs are told apart; every tool writes them alike.
COMPARED = ["eventid", "eventtime", "eventname", "awsregion", "useragent", "useridentity.arn"]
