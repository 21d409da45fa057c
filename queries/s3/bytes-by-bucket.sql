-- How many bytes go into and out of each bucket on each day?
SELECT date,
       requestparameters_bucketname AS bucket,
       count(*) AS calls,
       sum(CAST(additionaleventdata_bytestransferredin AS double)) AS bytes_in,
       sum(CAST(additionaleventdata_bytestransferredout AS double)) AS bytes_out
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventcategory = 'Data'
GROUP BY 1, 2
ORDER BY 1, bytes_out DESC, 2
