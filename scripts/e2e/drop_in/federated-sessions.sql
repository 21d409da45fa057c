-- Sessions that came from a web identity.
SELECT useridentity.sessioncontext.webidfederationdata.federatedprovider AS provider,
       element_at(useridentity.sessioncontext.webidfederationdata.attributes, '${attribute}') AS subject, count(*) AS calls
FROM cloudtrail
WHERE useridentity.sessioncontext.webidfederationdata.federatedprovider IS NOT NULL
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY 1, 2;
