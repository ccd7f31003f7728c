-- change_person: a person has another password, role or places from now on; somebody can always sign in as owner.
-- KEYS: people.
-- Answer: OK, also to the same call again; or MISSING, AGAIN (they are no longer as the caller read them), LAST.
local stands = standing(KEYS[1], a.name)
if stands then
  return {stands}
end

local function owns(person)
  return person.role == 'owner' and person.password ~= cjson.null
end

local after = cjson.decode(a.after)
if owns(cjson.decode(a.before)) and not owns(after) then
  local others = 0
  for _, raw in ipairs(redis.call('HVALS', KEYS[1])) do
    local person = cjson.decode(raw)
    if person.id ~= after.id and owns(person) then
      others = others + 1
    end
  end
  if others == 0 then
    return {'LAST'}
  end
end
redis.call('HSET', KEYS[1], a.name, a.after)
return {'OK'}
