//! The one definition of the table's documented and typed columns.
//!
//! Order, names and types of the documented ones are those of the table that AWS documents
//! for Athena; a struct's members that AWS's table lacks stand at its end. A column's name
//! is its member's name in lower case.

/// What a member of a record becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// A JSON string in a string column.
    Text,
    /// `true` or `false` in a string column.
    Boolean,
    /// Any JSON value, kept as the delivered bytes in a string column.
    Json,
    /// A struct.
    Struct(&'static [Member]),
    /// An array of structs.
    Structs(&'static [Member]),
    /// A map of string to string.
    Map,
}

/// A member of a record, or of a struct in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// The name in the record.
    pub(crate) source: &'static str,
    /// What it becomes.
    pub(crate) ty: Type,
}

/// A column that holds one top-level member of the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// The member.
    pub(crate) member: Member,
    /// Whether AWS's documented table has it; such a column is in every file.
    pub(crate) documented: bool,
    /// Whether each leaf is also a top-level column of its own.
    pub(crate) flat: bool,
    /// For the catalog, at most 255 characters.
    pub(crate) comment: &'static str,
}

/// The column with whatever no other column can give back.
pub(crate) const ADDITIONAL_FIELDS: (&str, &str) = (
    "additionalfields",
    "JSON object that mirrors the record: members that no column knows, and values whose JSON type is not their column's; NULL when there are none",
);
/// The event's time as a timestamp.
pub(crate) const EVENT_TIMESTAMP: (&str, &str) = (
    "eventtimestamp",
    "eventTime as a timestamp in UTC, cut to milliseconds",
);
/// The raw object the record came from.
pub(crate) const SOURCE_FILE: (&str, &str) = (
    "sourcefile",
    "The raw object that delivered the record: s3://bucket/key, or the path relative to a local source",
);

/// The names of the columns of JSON text.
pub(crate) fn json_columns() -> impl Iterator<Item = String> {
    let members = COLUMNS.iter().map(|column| column.member);
    let json = members.filter(|member| member.ty == Type::Json);
    let names = json.map(|member| member.source.to_ascii_lowercase());
    names.chain([ADDITIONAL_FIELDS.0.to_owned()])
}

const fn text(source: &'static str) -> Member {
    Member {
        source,
        ty: Type::Text,
    }
}

const fn group(source: &'static str, members: &'static [Member]) -> Member {
    Member {
        source,
        ty: Type::Struct(members),
    }
}

const fn documented(member: Member, comment: &'static str) -> Column {
    Column {
        member,
        documented: true,
        flat: false,
        comment,
    }
}

const fn flat(member: Member, comment: &'static str) -> Column {
    Column {
        member,
        documented: true,
        flat: true,
        comment,
    }
}

const fn further(member: Member, comment: &'static str) -> Column {
    Column {
        member,
        documented: false,
        flat: false,
        comment,
    }
}

const fn json(source: &'static str) -> Member {
    Member {
        source,
        ty: Type::Json,
    }
}

const fn boolean(source: &'static str) -> Member {
    Member {
        source,
        ty: Type::Boolean,
    }
}

const SESSION_CONTEXT: &[Member] = &[
    group(
        "attributes",
        &[text("mfaAuthenticated"), text("creationDate")],
    ),
    group(
        "sessionIssuer",
        &[
            text("type"),
            text("principalId"),
            text("arn"),
            text("accountId"),
            text("userName"),
        ],
    ),
    text("ec2RoleDelivery"),
    group(
        "webIdFederationData",
        &[
            text("federatedProvider"),
            Member {
                source: "attributes",
                ty: Type::Map,
            },
        ],
    ),
    text("sourceIdentity"),
    text("assumedRoot"),
    text("signInSessionArn"),
];

const USER_IDENTITY: &[Member] = &[
    text("type"),
    text("principalId"),
    text("arn"),
    text("accountId"),
    text("invokedBy"),
    text("accessKeyId"),
    text("userName"),
    group("onBehalfOf", &[text("userId"), text("identityStoreArn")]),
    group("sessionContext", SESSION_CONTEXT),
    group(
        "inScopeOf",
        &[
            text("sourceArn"),
            text("sourceAccount"),
            text("issuerType"),
            text("credentialsIssuedTo"),
        ],
    ),
    text("credentialId"),
    text("identityProvider"),
    group("invokedByDelegate", &[text("accountId")]),
];

const RESOURCES: Member = Member {
    source: "resources",
    ty: Type::Structs(&[
        text("ARN"),
        text("accountId"),
        text("type"),
        text("ARNPrefix"),
    ]),
};

const ADDENDUM: &[Member] = &[
    text("reason"),
    text("updatedFields"),
    text("originalRequestID"),
    text("originalEventID"),
];

const TLS_DETAILS: &[Member] = &[
    text("tlsVersion"),
    text("cipherSuite"),
    text("clientProvidedHostHeader"),
    text("keyExchange"),
];

/// The columns that hold top-level members, in table order.
pub(crate) const COLUMNS: &[Column] = &[
    documented(
        text("eventVersion"),
        "Version of the CloudTrail event format",
    ),
    flat(
        group("userIdentity", USER_IDENTITY),
        "The identity that made the request",
    ),
    documented(
        text("eventTime"),
        "When the request completed, as delivered (ISO 8601, UTC); eventtimestamp has it typed",
    ),
    documented(
        text("eventSource"),
        "The service that the request was made to, e.g. ec2.amazonaws.com",
    ),
    documented(text("eventName"), "The requested action"),
    documented(
        text("awsRegion"),
        "The AWS Region that the request was made to",
    ),
    documented(
        text("sourceIPAddress"),
        "The IP address or service name that the request came from",
    ),
    documented(text("userAgent"), "The agent that made the request"),
    documented(
        text("errorCode"),
        "The AWS service error, if the request failed",
    ),
    documented(
        text("errorMessage"),
        "The description of the error, if the request failed",
    ),
    documented(
        json("requestParameters"),
        "The parameters sent with the request: JSON text exactly as delivered",
    ),
    documented(
        json("responseElements"),
        "The response of actions that make changes: JSON text exactly as delivered",
    ),
    documented(
        json("additionalEventData"),
        "Data that was not part of the request or response: JSON text exactly as delivered",
    ),
    documented(text("requestID"), "The service's identifier of the request"),
    documented(text("eventID"), "CloudTrail's identifier of the event"),
    documented(
        boolean("readOnly"),
        "Whether the action only reads: true or false",
    ),
    documented(RESOURCES, "The resources accessed in the event"),
    documented(
        text("eventType"),
        "What generated the event, e.g. AwsApiCall, AwsServiceEvent, AwsConsoleSignIn",
    ),
    documented(text("apiVersion"), "The API version of the request"),
    documented(
        text("recipientAccountId"),
        "The account that received the event",
    ),
    documented(
        json("serviceEventDetails"),
        "What triggered a service event, and its result: JSON text exactly as delivered",
    ),
    documented(
        text("sharedEventID"),
        "The identifier shared by events of one action sent to different accounts",
    ),
    documented(
        text("vpcEndpointId"),
        "The VPC endpoint of requests made from a VPC",
    ),
    documented(
        text("vpcEndpointAccountId"),
        "The account that owns the VPC endpoint",
    ),
    documented(
        text("eventCategory"),
        "Management, Data, NetworkActivity or Insight",
    ),
    documented(
        group("addendum", ADDENDUM),
        "Why the event was delayed or updated",
    ),
    documented(
        text("sessionCredentialFromConsole"),
        "true if the event came from a console session",
    ),
    documented(
        json("edgeDeviceDetails"),
        "The edge device that was the target of the request: JSON text exactly as delivered",
    ),
    flat(
        group("tlsDetails", TLS_DETAILS),
        "The TLS version, cipher suite and host name of the request",
    ),
    further(
        boolean("managementEvent"),
        "Whether the event is a management event: true or false",
    ),
    further(
        json("insightDetails"),
        "What an Insights event found: JSON text exactly as delivered",
    ),
    further(
        json("eventContext"),
        "Added resource tags and request context: JSON text exactly as delivered",
    ),
];
