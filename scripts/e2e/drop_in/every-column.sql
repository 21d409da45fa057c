-- Every column that AWS documents, as a CREATE TABLE AS would copy it.
SELECT eventversion, useridentity, eventtime, eventsource, eventname, awsregion, sourceipaddress,
       useragent, errorcode, errormessage, requestparameters, responseelements, additionaleventdata,
       requestid, eventid, readonly, resources, eventtype, apiversion, recipientaccountid,
       serviceeventdetails, sharedeventid, vpcendpointid, vpcendpointaccountid, eventcategory, addendum,
       sessioncredentialfromconsole, edgedevicedetails, tlsdetails
FROM cloudtrail
WHERE date BETWEEN '${from}' AND '${to}';
