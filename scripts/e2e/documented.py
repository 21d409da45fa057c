"""AWS's documented CloudTrail table: its columns, and a record as a row of it."""

import re

COLUMNS = {
    "eventversion": "string",
    "useridentity": "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,"
    "accesskeyid:string,username:string,onbehalfof:struct<userid:string,identitystorearn:string>,"
    "sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,"
    "ec2roledelivery:string,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>",
    **dict.fromkeys("eventtime eventsource eventname awsregion sourceipaddress useragent errorcode errormessage "
                    "requestparameters responseelements additionaleventdata requestid eventid readonly".split(),
                    "string"),
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    **dict.fromkeys("eventtype apiversion recipientaccountid serviceeventdetails sharedeventid vpcendpointid "
                    "vpcendpointaccountid eventcategory".split(), "string"),
    "addendum": "struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>",
    "sessioncredentialfromconsole": "string",
    "edgedevicedetails": "string",
    "tlsdetails": "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>",
}
JSON_TEXT = {"requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails", "edgedevicedetails"}


def parts(kind):
    """A type as (name, inner): struct has {member: type}, array its element, map its value."""
    match = re.fullmatch(r"(struct|array|map)<(.*)>", kind)
    if not match:
        return kind, None
    name, inner = match.groups()
    pieces, depth, piece = [], 0, ""
    for letter in inner:
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "," and not depth:
            pieces.append(piece)
            piece = ""
        else:
            piece += letter
    pieces.append(piece)
    if name == "struct":
        return name, dict(piece.split(":", 1) for piece in pieces)
    return name, pieces[-1]


def extends(ours, documented):
    """Whether a type is the documented one, or that with members at the end of its structs."""
    (our_name, our_inner), (name, inner) = parts(ours), parts(documented)
    if our_name != name:
        return False
    if name == "struct":
        return list(our_inner)[: len(inner)] == list(inner) and all(
            extends(our_inner[member], kind) for member, kind in inner.items())
    return inner is None or extends(our_inner, inner)


def cell(kind, value):
    """A JSON value as an engine shows it in a column of the type."""
    name, inner = parts(kind)
    if value is None:
        return None
    if name == "struct":
        members = {member.lower(): inside for member, inside in value.items()}
        return [cell(kind, members.get(member)) for member, kind in inner.items()]
    if name == "array":
        return [cell(inner, element) for element in value]
    if name == "map":
        return {key: cell(inner, inside) for key, inside in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)


def documented_row(record, types):
    """The documented columns of a record; JSON text stands as the value that it says."""
    members = {member.lower(): value for member, value in record.items()}
    return tuple(members.get(column) if column in JSON_TEXT else cell(types[column], members.get(column))
                 for column in COLUMNS)
